"""Goods items as a decision of customs names them."""

from collections.abc import Sequence
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from shared.contracts.closed_sets import Unit
from shared.contracts.declaration import Item
from shared.problems import Fault, Invalid


def is_live(declaration: DeclarationRecord, item: Item, permits: PermitsById) -> bool:
    """Say whether an item is of live animals, by its own term or else by that of the line it cites."""
    cited = [
        permits[c.permit].lines[c.line].content.term for c in declaration.citations if c.item == item.number and c.line
    ]
    return "LIV" in ([item.term] if item.term else cited)


def can_be_dead_on_arrival(animals: int, quantity: Decimal, unit: str) -> bool:
    """Say whether so many animals may be among what arrived: what is weighed or measured counts none."""
    return not units.is_convertible(unit, Unit.NUMBER) or animals <= units.convert(quantity, unit, Unit.NUMBER)


def require_items(declaration: DeclarationRecord, numbers: Sequence[int]) -> None:
    """Refuse a number that no item of the declaration has, or one that is named twice (422)."""
    if len(set(numbers)) != len(numbers):
        text = "An item is named once."
        raise Invalid("item-twice", text, [Fault("/items", "item-twice", text)])
    for index, number in enumerate(numbers):
        require_item(declaration, number, f"/items/{index}/number")


def require_item(declaration: DeclarationRecord, number: int, pointer: str) -> None:
    """Refuse a number that no item of the declaration has (422 `no-such-item`)."""
    if number not in {item.number for item in declaration.content.items}:
        text = f"The declaration has no item {number}."
        raise Invalid("no-such-item", text, [Fault(pointer, "no-such-item", text)])


def read_item(declaration: DeclarationRecord, number: int) -> Item:
    """Answer the item with this number, which is there."""
    return next(item for item in declaration.content.items if item.number == number)


def convert_to_line_unit(citation: Citation, item: Item, quantity: Decimal, unit: Unit | None = None) -> Decimal:
    """Convert an actual quantity into the line's unit; the whole item is what was asked of the line for it.

    Where the declared unit has no exact conversion, the quantity is stated in a unit that has (422 `inexact-unit`).
    """
    from_unit = unit or item.unit
    if quantity == item.quantity and from_unit == item.unit and citation.requested > 0:
        return citation.requested
    if quantity == 0 or citation.line == "":
        return ZERO
    if units.is_convertible(from_unit, citation.unit):
        return units.convert(quantity, from_unit, citation.unit)
    text = f'{from_unit} does not convert into {citation.unit}: state the quantity with "unit": "{citation.unit}".'
    raise Invalid("inexact-unit", text, [Fault("/items", "inexact-unit", text)])
