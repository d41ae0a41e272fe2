"""A quantity in another unit, exactly or not at all."""

from decimal import Decimal

from shared.cites.units import UNITS
from shared.contracts.quantities import EXACT


def convertible(unit: str, into: str) -> bool:
    """Say whether one unit converts into another exactly: both of one dimension."""
    return UNITS[unit][0] == UNITS[into][0]


def convert(quantity: Decimal, unit: str, into: str) -> Decimal:
    """Convert within one dimension; 1.5 kg is 1500 g. Raises decimal.Inexact where the result has no end."""
    if unit == into:
        return quantity
    return EXACT.divide(EXACT.multiply(quantity, UNITS[unit][1]), UNITS[into][1])
