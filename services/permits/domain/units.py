"""A quantity in another unit, exactly or not at all."""

from decimal import Decimal

from shared.cites.units import UNITS
from shared.contracts.quantities import EXACT


def is_convertible(unit: str, target_unit: str) -> bool:
    """Say whether one unit converts into another exactly: both of one dimension."""
    return UNITS[unit][0] == UNITS[target_unit][0]


def convert(quantity: Decimal, unit: str, target_unit: str) -> Decimal:
    """Convert within one dimension; 1.5 kg is 1500 g. Raises decimal.Inexact where the result has no end."""
    if unit == target_unit:
        return quantity
    return EXACT.divide(EXACT.multiply(quantity, UNITS[unit][1]), UNITS[target_unit][1])
