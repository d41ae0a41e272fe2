"""Statement of an officer in an override: the permit line that is meant, or a quantity in its unit."""

from dataclasses import replace

from services.permits.domain import units
from services.permits.domain.checks.counted_elsewhere import ALREADY_COUNTED, declared_quantity, means_line
from services.permits.domain.declarations.actual_quantities import LineKey, document_twice, find_document, line_key
from services.permits.domain.declarations.counted_wholes import with_counted_wholes
from services.permits.domain.declarations.items import read_item
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.replace_field import replace_field
from services.permits.domain.rules.allocation import allocation_is_certain
from services.permits.domain.rules.goods import line_is_unambiguous, unit_converts
from services.permits.domain.rules.line_quantities import to_line_quantity
from shared.contracts.closed_sets import Movement
from shared.contracts.declaration import Override
from shared.problems import Fault, Invalid, list_names


def apply_officer_statement(
    declaration: DeclarationRecord, permits: PermitsById, decision: Override
) -> DeclarationRecord:
    """Return the declaration with the officer's line and quantity in the citations of the item.

    The quantity is in the unit of the line. A transit needs neither. Only citations without a reservation change.
    Raise Invalid `override-incomplete`, `no-such-line`, `no-such-document`, `line-cited-already`, `quantity-stands` or
    `inexact-unit` if it does not fit.
    """
    if declaration.content.movement is Movement.TRANSIT:  # nothing is written off
        return declaration
    _require_statement(decision)
    if decision.documents:
        return _with_documents(declaration, permits, decision)
    if decision.quantity is None and decision.line is None:
        return declaration
    settled = _settled_permits(declaration, decision)
    citations = tuple(
        _apply_to_citation(declaration, c, permits[c.permit], decision)
        if c.item == decision.item and permits[c.permit].key in settled and not c.is_open
        else c
        for c in declaration.citations
    )
    if len({(c.item, c.permit, c.line) for c in citations}) < len(citations):
        text = f"Item {decision.item} cites line {decision.line} already. Name another line."
        raise Invalid("line-cited-already", text, [Fault("/line", "line-cited-already", text)])
    return replace(declaration, citations=with_counted_wholes(declaration, citations, permits))


def _settled_permits(declaration: DeclarationRecord, decision: Override) -> set[tuple[str, str]]:
    """Return the keys of the permits that the overridden findings name."""
    return {f.permit.key for f in declaration.findings if f.rule == decision.rule and f.permit}


def _require_statement(decision: Override) -> None:
    """Raise Invalid `override-incomplete` if the rule needs an item, a line or a quantity that the officer left out."""
    is_stated = bool(decision.documents) or not (decision.quantity is None and decision.line is None)
    needed = {"item": decision.item is None and is_stated}
    if decision.rule == unit_converts.name:
        no_quantity = decision.quantity is None and not decision.documents
        needed = {"item": decision.item is None, "quantity": no_quantity}
    if decision.rule == allocation_is_certain.name:
        needed = {"item": decision.item is None, "documents": not decision.documents}
    if decision.rule == line_is_unambiguous.name:
        needed = {"item": decision.item is None, "line": decision.line is None}
    faults = [
        Fault(f"/{n}", f"{n}-missing", f"Send `{n}` with this override.")
        for n, is_missing in needed.items()
        if is_missing
    ]
    if faults:
        raise Invalid(
            "override-incomplete",
            f"An override of {decision.rule} needs: {', '.join(n for n in needed if needed[n])}. "
            "Send them with the reason.",
            faults,
        )


def _with_documents(declaration: DeclarationRecord, permits: PermitsById, decision: Override) -> DeclarationRecord:
    """Return the declaration with the quantity that the officer states for each document of the item."""
    mine = [one for one in declaration.citations if one.item == decision.item]
    stated: dict[LineKey, Citation] = {}
    for place, document in enumerate(decision.documents):
        citation = find_document(mine, permits, document, f"/documents/{place}/number")
        if line_key(citation) in stated:
            raise document_twice(document, f"/documents/{place}/number")
        if citation.is_open:
            text = f"The quantity of permit {document.number} is set aside already. Leave it out."
            raise Invalid("quantity-stands", text, [Fault(f"/documents/{place}/quantity", "quantity-stands", text)])
        permit = permits[citation.permit]
        line_letter = citation.line or document.line or ""
        line = permit.lines.get(line_letter)
        if line is None:
            text = f"Permit {document.number} is cited without a line. Name one: {list_names(permit.lines)}."
            raise Invalid("no-such-line", text, [Fault(f"/documents/{place}/line", "no-such-line", text)])
        unit = document.unit or line.content.unit
        if not units.is_convertible(unit, line.content.unit):
            text = f"The unit {unit} has no exact conversion into {line.content.unit}. State the quantity in that unit."
            raise Invalid("inexact-unit", text, [Fault(f"/documents/{place}/unit", "inexact-unit", text)])
        quantity = units.convert(document.quantity, unit, line.content.unit)
        field = "counted_elsewhere" if citation.use == ALREADY_COUNTED else "requested"
        changed = replace_field(replace(citation, line=line_letter, unit=line.content.unit), field, quantity)
        stated[line_key(citation)] = changed
    citations = tuple(
        stated.get(line_key(one), one) if one.item == decision.item else one for one in declaration.citations
    )
    return replace(declaration, citations=citations)


def _apply_to_citation(
    declaration: DeclarationRecord, citation: Citation, permit: PermitRecord, decision: Override
) -> Citation:
    line_letter = decision.line or citation.line
    if line_letter not in permit.lines:
        missing = f"has no line {line_letter}" if line_letter else "is cited without a line"
        text = f"Permit {permit.content.number} {missing}. Its lines are: {list_names(permit.lines)}. Name one of them."
        raise Invalid("no-such-line", text, [Fault("/line", "no-such-line", text)])
    line, item = permit.lines[line_letter], read_item(declaration, citation.item)
    changed = replace(citation, line=line_letter, unit=line.content.unit)
    documents = [one for one in item.documents if means_line(one, permit, line_letter)]
    if any(one.quantity is not None for one in documents):
        declared = declared_quantity(item, documents, line.content.unit)
    else:
        declared = to_line_quantity(line.content, item.term, item.quantity, item.unit)
    if declared is None:
        amount = decision.quantity or ZERO
        return (
            replace(changed, counted_elsewhere=amount)
            if citation.use == ALREADY_COUNTED
            else replace(changed, requested=amount)
        )
    if decision.quantity is not None:
        text = (
            f"The unit {item.unit} converts exactly into {line.content.unit}, so the declared "
            "quantity applies. Leave out `quantity`."
        )
        raise Invalid("quantity-stands", text, [Fault("/quantity", "quantity-stands", text)])
    if citation.use == ALREADY_COUNTED:
        return changed
    return replace(changed, requested=declared)
