"""Rules about the measure of an item: a whole number of specimens, and the unit of its term (box 11)."""

from services.permits.domain import units
from services.permits.domain.rules.item_context import ItemContext
from services.permits.domain.rules.rule import CUSTOMS_OVERRIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity
from shared.contracts.quantities import format_quantity


@rule(
    "CITES-box-11-whole-number",
    Severity.BLOCK,
    remedy="State a whole number of specimens, or a weight or a volume with its unit, in a new version.",
    officer_remedy=CUSTOMS_OVERRIDES,
)
def count_is_whole(context: ItemContext) -> Discrepancy | None:
    """Specimens that are counted must be a whole number (box 11).

    Half a pair is one specimen. A customs message that names no unit may state another measure.
    """
    item = context.item
    for place, one in enumerate(item.documents):
        if one.quantity is None or not units.is_fraction_of_specimen(one.quantity, one.unit or item.unit):
            continue
        if not context.is_completed(f"documents/{place}/unit"):
            found = f"{format_quantity(one.quantity)} {one.unit or item.unit}"
            pointer = context.pointer(f"documents/{place}/quantity")
            return Discrepancy(pointer=pointer, expected="a whole number of specimens", found=found)
    if not units.is_fraction_of_specimen(item.quantity, item.unit) or context.is_completed("unit"):
        return None
    found = f"{format_quantity(item.quantity)} {item.unit}"
    return Discrepancy(pointer=context.pointer("quantity"), expected="a whole number of specimens", found=found)


@rule("CITES-Conf-11.17-unit", Severity.NOTE)
def unit_is_preferred(context: ItemContext) -> Discrepancy | None:
    """The guidelines for annual reports state this term in other units (Resolution Conf. 11.17).

    The permit line has such a unit too.
    """
    item = context.item
    if item.term is None or units.is_unit_of_term(item.unit, item.term) or context.is_completed("unit"):
        return None
    if not context.lines or any(not units.is_convertible(item.unit, line.content.unit) for _, line in context.lines):
        return None  # another unit than that of the line has a finding of its own
    expected = ", ".join(units.units_of_term(item.term))
    return Discrepancy(pointer=context.pointer("unit"), expected=expected, found=f"{item.unit}, for {item.term}")


RULES: tuple[Rule[ItemContext], ...] = (count_is_whole, unit_is_preferred)
