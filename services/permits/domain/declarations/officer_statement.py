"""What an officer says with an override: the line of the permit that is meant, a quantity in the unit of that line."""

from dataclasses import replace

from services.permits.domain import units
from services.permits.domain.checks.counted_elsewhere import CLAIMS
from services.permits.domain.declarations.release import item_of
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.rules.goods import ONE_LINE, UNIT
from services.permits.domain.values import Citation, Filed, PermitOnFile
from services.permits.domain.write_off.posting import Permits
from shared.contracts.declaration import Override
from shared.problems import Fault, Invalid


def as_the_officer_says(filed: Filed, permits: Permits, stated: Override) -> Filed:
    """Take the officer's line, and quantity in the line's unit, into the citations of the item."""
    _must_name(stated)
    if stated.quantity is None and stated.line is None:
        return filed
    meant = _meant(filed, stated)
    citations = tuple(
        _said(filed, c, permits[c.permit], stated)
        if c.item == stated.item and permits[c.permit].key in meant and not c.open
        else c
        for c in filed.citations
    )
    if len({(c.item, c.permit, c.line) for c in citations}) < len(citations):
        text = f"Item {stated.item} cites line {stated.line} already."
        raise Invalid("line-cited-already", text, [Fault("/line", "line-cited-already", text)])
    return replace(filed, citations=citations)


def _meant(filed: Filed, stated: Override) -> set[tuple[str, str]]:
    """Answer the issuers and numbers of the permits whose finding is settled here."""
    return {(f.permit.issuer, f.permit.number) for f in filed.findings if f.rule == stated.rule and f.permit}


def _must_name(stated: Override) -> None:
    """Ask for what the officer has to say with an override of the unit or of the line that is meant."""
    needed = {"item": stated.item is None and not (stated.quantity is None and stated.line is None)}
    if stated.rule == UNIT:
        needed = {"item": stated.item is None, "quantity": stated.quantity is None}
    if stated.rule == ONE_LINE:
        needed = {"item": stated.item is None, "line": stated.line is None}
    faults = [Fault(f"/{n}", f"{n}-missing", f"Say the {n} with this override.") for n, is_ in needed.items() if is_]
    if faults:
        raise Invalid("override-incomplete", f"{stated.rule} is settled by saying what is meant.", faults)


def _said(filed: Filed, citation: Citation, permit: PermitOnFile, stated: Override) -> Citation:
    letter = stated.line or citation.line
    if letter not in permit.lines:
        text = f"Permit {permit.terms.number} has no line {letter or 'for this item: name one'}."
        raise Invalid("no-such-line", text, [Fault("/line", "no-such-line", text)])
    line, item = permit.lines[letter], item_of(filed, citation.item)
    here = replace(citation, line=letter, unit=line.terms.unit)
    if not units.convertible(item.unit, line.terms.unit):
        amount = stated.quantity or ZERO
        return replace(here, counted=amount) if citation.use == CLAIMS else replace(here, asked=amount)
    if stated.quantity is not None:
        text = f"{item.unit} converts exactly into {line.terms.unit}: the declared quantity stands."
        raise Invalid("quantity-stands", text, [Fault("/quantity", "quantity-stands", text)])
    if citation.use == CLAIMS:
        return here
    return replace(here, asked=units.convert(item.quantity, item.unit, line.terms.unit))
