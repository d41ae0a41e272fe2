"""Estimates of a quantity in the unit of the line, by a density or a usual weight. They only inform officers."""

from decimal import Context, Decimal

from services.permits.domain import units
from shared.cites.conversions import CORAL_PIECE_MASSES, TIMBER_DENSITIES, TIMBER_TERMS
from shared.contracts.closed_sets import Unit
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import format_quantity

ESTIMATE_CONTEXT = Context(prec=80)


def estimate(line: PermitLine, term: str | None, *, quantity: Decimal, unit: Unit) -> str | None:
    """Return a text with an estimate and the figure that it uses; None if no figure is known."""
    if line.term in TIMBER_TERMS:
        density = _density(line.taxon)
        if density is None:
            return None
        return _describe(
            line,
            quantity,
            unit,
            measure=Unit.M3,
            kilograms=density,
            figure=f"{density} kg a cubic metre of {line.taxon}",
        )
    if "COR" in {line.term, term} and line.term in CORAL_PIECE_MASSES:
        piece = CORAL_PIECE_MASSES[line.term]
        return _describe(
            line,
            quantity,
            unit,
            measure=Unit.NUMBER,
            kilograms=piece,
            figure=f"{format_quantity(piece)} kg a piece of stony coral ({line.term})",
        )
    return None


def _density(taxon: str) -> Decimal | None:
    name = " ".join(taxon.casefold().split())
    found = TIMBER_DENSITIES.get(name) or TIMBER_DENSITIES.get(name.split(" ")[0])
    return Decimal(found) if found else None


def _describe(
    line: PermitLine, quantity: Decimal, unit: Unit, *, measure: Unit, kilograms: Decimal, figure: str
) -> str | None:
    """Return a text that converts a weight into this unit, or a quantity in this unit into a weight."""
    if units.is_convertible(unit, Unit.KG) and units.is_convertible(line.unit, measure):
        weight = units.convert(quantity, unit, Unit.KG)
        return f"at {figure} it may be about {_rounded(ESTIMATE_CONTEXT.divide(weight, kilograms))} {measure}"
    if units.is_convertible(unit, measure) and units.is_convertible(line.unit, Unit.KG):
        amount = units.convert(quantity, unit, measure)
        return f"at {figure} it may be about {_rounded(ESTIMATE_CONTEXT.multiply(amount, kilograms))} kg"
    return None


def _rounded(quantity: Decimal) -> str:
    return format_quantity(ESTIMATE_CONTEXT.quantize(quantity, Decimal("0.001")))
