"""Exact conversion of quantities between units."""

from decimal import Decimal

from shared.cites.units import UNITS
from shared.contracts.quantities import EXACT


def is_convertible(unit: str, target_unit: str) -> bool:
    """Return whether one unit converts exactly into another: both have the same dimension."""
    return UNITS[unit][0] == UNITS[target_unit][0]


def convert(quantity: Decimal, unit: str, target_unit: str) -> Decimal:
    """Return a quantity in another unit of the same dimension: 1.5 kg is 1500 g.

    Raise decimal.Inexact if the result has no finite decimal form.
    """
    if unit == target_unit:
        return quantity
    return EXACT.divide(EXACT.multiply(quantity, UNITS[unit][1]), UNITS[target_unit][1])
