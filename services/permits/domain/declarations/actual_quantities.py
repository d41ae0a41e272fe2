"""Actual quantities: how the quantity of an item that customs states is divided among its documents.

The documents of one country share the quantity of the item. Customs may state the quantity of single documents. The
hub divides the rest in the order of the documents, so the last ones get less. More than the documents state goes to
those with a consent, in their order, and what remains goes to the last one.

Example: an item of 150 uses 100 of permit 1 and 50 of permit 2.

| customs states      | permit 1 | permit 2 |
|---------------------|----------|----------|
| nothing             |      100 |       50 |
| 140                 |      100 |       40 |
| 90                  |       90 |        0 |
| 90 of permit 1      |       90 |       50 |
| 140, 90 of permit 1 |       90 |       50 |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.declarations.items import convert_to_line_unit
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.rules.line_quantities import to_line_quantity
from services.permits.domain.rules.quantities import sum_quantities
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.closed_sets import Unit
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import CitedDocument, DocumentQuantity, Item
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid, list_names

LineKey = tuple[UUID, str]
"""The id of a permit, and the letter of its line."""


@dataclass(frozen=True, kw_only=True)
class ActualQuantities:
    """The actual quantity of each line that an item uses, in the line's unit, and the number of its dead animals.

    `total` is that of the item, in its unit; None if customs states none.
    """

    by_line: Mapping[LineKey, Decimal]
    dead_by_line: Mapping[LineKey, int | None]
    total: Decimal | None


def line_key(citation: Citation) -> LineKey:
    """Return the permit and the line of a citation."""
    return citation.permit, citation.line


def divide_actual_quantity(
    item: Item,
    citations: Sequence[Citation],
    permits: PermitsById,
    *,
    quantity: Decimal | None,
    unit: Unit | None,
    documents: Sequence[DocumentQuantity],
    dead_on_arrival: int | None,
    pointer: str,
) -> ActualQuantities:
    """Return the quantity of each line that an item uses. `citations` are those of the item.

    Without a quantity and without documents, each line has the quantity that the declaration states.
    `pointer` is the place of the item in the decision.
    Raise Invalid `no-such-document`, `write-offs-differ` or `inexact-unit` if the statement does not fit.
    """
    stated = _stated_quantities(item, citations, permits, documents, pointer)
    sides = _sides(item, citations, permits)
    by_line: dict[LineKey, Decimal] = {}
    total = quantity
    for side in sorted(sides, key=lambda one: all(line_key(c) not in stated for c in one)):
        divided = _divide(item, side, permits, stated, quantity=total, unit=unit, pointer=pointer)
        by_line |= divided
        if total is None and documents:
            total = _sum_in_unit(side, divided, unit or item.unit)
    dead: dict[LineKey, int | None] = {}
    for side in sides:
        dead |= _divide_dead(side, by_line, dead_on_arrival)
    return ActualQuantities(by_line=by_line, dead_by_line=dead, total=total)


def find_document(
    citations: Sequence[Citation], permits: PermitsById, document: CitedDocument, pointer: str
) -> Citation:
    """Return the citation that a decision names. Raise Invalid `no-such-document` if it is none, or several."""
    found = [one for one in citations if _is_named(one, permits[one.permit], document)]
    if len(found) == 1:
        return found[0]
    names = list_names(f"{permits[one.permit].content.number} line {one.line}" for one in citations)
    text = f"{document.number} names {len(found)} of the permits that the item uses. They are: {names}. Name one."
    raise Invalid("no-such-document", text, [Fault(pointer, "no-such-document", text)])


def document_twice(document: CitedDocument, pointer: str) -> Invalid:
    """Return the error for a decision that states two quantities of one permit line."""
    text = f"The item names permit {document.number} twice. State each quantity once."
    return Invalid("no-such-document", text, [Fault(pointer, "no-such-document", text)])


def _is_named(citation: Citation, permit: PermitRecord, document: CitedDocument) -> bool:
    issuer, number = permit.key
    return (
        number == comparison_key(document.number)
        and document.issuer in {None, issuer}
        and (document.line in {None, citation.line} or citation.line == "")
    )


def _stated_quantities(
    item: Item,
    citations: Sequence[Citation],
    permits: PermitsById,
    documents: Sequence[DocumentQuantity],
    pointer: str,
) -> dict[LineKey, Decimal]:
    """Return the quantities that customs states for single documents, in the unit of their lines."""
    stated: dict[LineKey, Decimal] = {}
    for place, document in enumerate(documents):
        where = f"{pointer}/documents/{place}"
        citation = find_document(citations, permits, document, f"{where}/number")
        if line_key(citation) in stated:
            raise document_twice(document, f"{where}/number")
        unit = document.unit or item.unit
        if not units.is_convertible(unit, citation.unit):
            raise _inexact(unit, citation.unit, f"{where}/unit")
        stated[line_key(citation)] = units.convert(document.quantity, unit, citation.unit)
    return stated


def _sides(item: Item, citations: Sequence[Citation], permits: PermitsById) -> list[list[Citation]]:
    """Return the citations with a line, of each side of the border, in the order of the item's documents."""
    places: dict[tuple[str, str], int] = {}
    for place, document in enumerate(item.documents):
        places.setdefault(document.key, place)
    sides: dict[bool, list[Citation]] = {}
    for citation in citations:
        if citation.line:
            is_import_side = permits[citation.permit].content.kind in IMPORT_SIDE_KINDS
            sides.setdefault(is_import_side, []).append(citation)
    for side in sides.values():
        side.sort(key=lambda one: (places.get(permits[one.permit].key, len(places)), _place_of_line(item, one)))
    return list(sides.values())


def _place_of_line(item: Item, citation: Citation) -> tuple[int, str]:
    """Return the place of the document that names the line of a citation, and the letter of the line."""
    named = (place for place, document in enumerate(item.documents) if document.line == citation.line)
    return next(named, len(item.documents)), citation.line


def _divide(
    item: Item,
    side: Sequence[Citation],
    permits: PermitsById,
    stated: Mapping[LineKey, Decimal],
    *,
    quantity: Decimal | None,
    unit: Unit | None,
    pointer: str,
) -> dict[LineKey, Decimal]:
    """Return the quantity of each line of one side."""
    rest = [one for one in side if line_key(one) not in stated]
    amounts = {line_key(one): stated[line_key(one)] for one in side if line_key(one) in stated}
    if quantity is None:
        return amounts | {line_key(one): convert_to_line_unit(one, permits, item, item.quantity) for one in rest}
    if not amounts and len(rest) == 1 and _covers_item(item, rest[0], permits):
        return {line_key(rest[0]): convert_to_line_unit(rest[0], permits, item, quantity, unit)}
    unit = unit or item.unit
    left = EXACT.subtract(quantity, _sum_in_unit(side, amounts, unit)) if amounts else quantity
    if left < ZERO or (left > ZERO and not rest):
        total = format_quantity(EXACT.subtract(quantity, left))
        text = f"The documents of item {item.number} add up to {total} {unit}, not to {format_quantity(quantity)}."
        raise Invalid("write-offs-differ", text, [Fault(f"{pointer}/documents", "write-offs-differ", text)])
    return amounts | _in_order(rest, left, unit, pointer)


def _covers_item(item: Item, citation: Citation, permits: PermitsById) -> bool:
    """Return whether a citation is for the whole item, and not for a share of it."""
    if not citation.requested:
        return True
    line = permits[citation.permit].lines[citation.line].content
    return to_line_quantity(line, item.term, item.quantity, item.unit) in {None, citation.requested}


def _in_order(citations: Sequence[Citation], quantity: Decimal, unit: Unit, pointer: str) -> dict[LineKey, Decimal]:
    """Return the quantity of each line: first what each was asked for, then its consent; the rest to the last."""
    amounts: dict[LineKey, Decimal] = {}
    for one in citations:
        if not units.is_convertible(unit, one.unit):
            raise _inexact(unit, one.unit, f"{pointer}/unit")
        share = units.convert(one.requested or one.counted_elsewhere, one.unit, unit)
        amounts[line_key(one)] = min(share, quantity)
        quantity = EXACT.subtract(quantity, amounts[line_key(one)])
    for place, one in enumerate(citations):
        is_last = place == len(citations) - 1
        more = quantity if is_last else min(quantity, units.convert(one.consented, one.unit, unit))
        amounts[line_key(one)] = EXACT.add(amounts[line_key(one)], more)
        quantity = EXACT.subtract(quantity, more)
    return {line_key(one): units.convert(amounts[line_key(one)], unit, one.unit) for one in citations}


def _sum_in_unit(side: Sequence[Citation], amounts: Mapping[LineKey, Decimal], unit: Unit) -> Decimal:
    """Return the sum of the quantities of one side. Quantities without an exact conversion count nothing."""
    return sum_quantities(
        units.convert(amounts[line_key(one)], one.unit, unit)
        for one in side
        if line_key(one) in amounts and units.is_convertible(one.unit, unit)
    )


def _divide_dead(
    side: Sequence[Citation], amounts: Mapping[LineKey, Decimal], dead: int | None
) -> dict[LineKey, int | None]:
    """Return the number of dead animals of each line of one side: at most its quantity, the rest to the last one."""
    if dead is None or len(side) == 1:
        return {line_key(one): dead for one in side}
    numbers: dict[LineKey, int | None] = {}
    for place, one in enumerate(side):
        is_number = place < len(side) - 1 and units.is_convertible(one.unit, Unit.NUMBER)
        most = int(units.convert(amounts[line_key(one)], one.unit, Unit.NUMBER)) if is_number else dead
        numbers[line_key(one)] = min(dead, most)
        dead -= min(dead, most)
    return numbers


def _inexact(unit: str, line_unit: str, pointer: str) -> Invalid:
    text = (
        f"The unit {unit} has no exact conversion into {line_unit}. State the quantity of each document in "
        f'`documents`, with `"unit": "{line_unit}"`.'
    )
    return Invalid("inexact-unit", text, [Fault(pointer, "inexact-unit", text)])
