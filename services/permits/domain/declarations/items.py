"""Goods items that a decision of customs names."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.rules.line_quantities import to_line_quantity
from shared.contracts.closed_sets import Movement, Unit
from shared.contracts.declaration import Item
from shared.problems import Conflict, Fault, Invalid, list_names

DEAD_ON_ARRIVAL = "`dead_on_arrival` counts live animals (term LIV), at most as many as arrived."


def is_live(item: Item, citations: Iterable[Citation], permits: PermitsById) -> bool:
    """Return whether an item is of live animals (term LIV), by its own term, else by the term of a cited line.

    `citations` are those of the item.
    """
    if item.term:
        return item.term == "LIV"
    return any(permits[one.permit].lines[one.line].content.term == "LIV" for one in citations if one.line)


def items_by_number(declaration: DeclarationRecord) -> dict[int, Item]:
    """Return the items of a declaration by their numbers."""
    return {item.number: item for item in declaration.content.items}


def citations_by_item(declaration: DeclarationRecord) -> dict[int, list[Citation]]:
    """Return the citations of a declaration by the numbers of their items. An item without one has an empty list."""
    citations: dict[int, list[Citation]] = {item.number: [] for item in declaration.content.items}
    for citation in declaration.citations:
        citations[citation.item].append(citation)
    return citations


def can_be_dead_on_arrival(animals: int, quantity: Decimal, unit: str) -> bool:
    """Return whether a quantity can include this number of animals. A weight or a volume does not limit the number."""
    return not units.is_convertible(unit, Unit.NUMBER) or animals <= units.convert(quantity, unit, Unit.NUMBER)


def require_use_of_permits(declaration: DeclarationRecord) -> None:
    """Raise Conflict `nothing-written-off` for a transit, which uses no permit line."""
    if declaration.content.movement is Movement.TRANSIT:
        detail = (
            f"Declaration {declaration.content.reference} is a transit, so the hub writes nothing off. "
            "No quantity of a permit can be corrected or exceeded. Refuse the goods if they may not pass."
        )
        raise Conflict("nothing-written-off", detail)


def require_items(declaration: DeclarationRecord, numbers: Sequence[int]) -> None:
    """Raise Invalid `no-such-item` for a number that no item has, `item-twice` for a number that occurs twice."""
    if len(set(numbers)) != len(numbers):
        text = "The request names an item twice. Send each item once."
        raise Invalid("item-twice", text, [Fault("/items", "item-twice", text)])
    known = {item.number for item in declaration.content.items}
    for index, number in enumerate(numbers):
        if number not in known:
            require_item(declaration, number, f"/items/{index}/number")


def require_item(declaration: DeclarationRecord, number: int, pointer: str) -> None:
    """Raise Invalid `no-such-item` if no item of the declaration has this number."""
    if all(item.number != number for item in declaration.content.items):
        numbers = list_names(item.number for item in declaration.content.items)
        text = f"The declaration has no item {number}. Its items are: {numbers}. Name one of them."
        raise Invalid("no-such-item", text, [Fault(pointer, "no-such-item", text)])


def read_item(declaration: DeclarationRecord, number: int) -> Item:
    """Return the item with this number, which must exist."""
    return next(item for item in declaration.content.items if item.number == number)


def convert_to_line_unit(
    citation: Citation, permits: PermitsById, item: Item, quantity: Decimal, unit: Unit | None = None
) -> Decimal:
    """Return an actual quantity in the line's unit. `unit` is the unit of `quantity`, by default the declared one.

    For the full declared quantity, it is the requested quantity of the citation: an officer may have stated that one.
    Raise Invalid `inexact-unit` if the unit does not convert exactly.
    """
    from_unit = unit or item.unit
    if quantity == item.quantity and from_unit == item.unit and citation.requested > 0:
        return citation.requested
    if quantity == 0 or citation.line == "":
        return ZERO
    line = permits[citation.permit].lines[citation.line].content
    converted = to_line_quantity(line, item.term, quantity, from_unit)
    if converted is not None:
        return converted
    text = (
        f"The unit {from_unit} has no exact conversion into {citation.unit}. "
        f'Send the quantity with `"unit": "{citation.unit}"`.'
    )
    raise Invalid("inexact-unit", text, [Fault("/items", "inexact-unit", text)])
