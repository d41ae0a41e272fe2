"""Exact conversion of quantities between units, and the units of a term."""

from decimal import Decimal

from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.units import UNITS
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid


def is_convertible(unit: str, target_unit: str) -> bool:
    """Return whether one unit converts exactly into another: both have the same dimension."""
    return UNITS[unit][0] == UNITS[target_unit][0]


def is_counted(unit: str) -> bool:
    """Return whether a unit counts pieces, and measures none."""
    return UNITS[unit][0] == "count"


def convert(quantity: Decimal, unit: str, target_unit: str) -> Decimal:
    """Return a quantity in another unit of the same dimension: 1.5 kg is 1500 g.

    Raise decimal.Inexact if the result has no finite decimal form.
    """
    if unit == target_unit:
        return quantity
    return EXACT.divide(EXACT.multiply(quantity, UNITS[unit][1]), UNITS[target_unit][1])


def is_fraction_of_specimen(quantity: Decimal, unit: str) -> bool:
    """Return whether a counted quantity is no whole number of specimens. Half a pair is one specimen."""
    dimension, factor = UNITS[unit]
    return (
        dimension == "count"
        and quantity != quantity.to_integral_value()
        and EXACT.remainder(EXACT.multiply(quantity, factor), Decimal(1)) != 0
    )


def require_whole_number(quantity: Decimal, unit: str, pointer: str) -> None:
    """Raise Invalid `quantity-not-whole` if a quantity that an officer states is a fraction of a counted specimen."""
    if is_fraction_of_specimen(quantity, unit):
        text = (
            f"Expected a whole number of specimens. Found: {format_quantity(quantity)} {unit}. "
            "Correct the quantity or the unit."
        )
        raise Invalid("quantity-not-whole", text, [Fault(pointer, "quantity-not-whole", text)])


def is_unit_of_term(unit: str, term: str) -> bool:
    """Return whether the guidelines for annual reports state a term in this unit. An older term has any unit."""
    return term not in TERM_DIMENSIONS or UNITS[unit][0] in TERM_DIMENSIONS[term]


def units_of_term(term: str) -> tuple[str, ...]:
    """Return the units in which the guidelines for annual reports state a term."""
    return tuple(unit for unit in UNITS if is_unit_of_term(unit, term))
