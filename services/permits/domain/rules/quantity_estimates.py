"""What a quantity may be in the unit of the line by a density or a usual weight, for an officer to see."""

from decimal import Context, Decimal

from services.permits.domain import units
from shared.cites.conversions import CORAL_PIECE, DENSITIES, TIMBER
from shared.contracts.declaration import Item
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import plain

ROUGH = Context(prec=80)


def guess(line: PermitLine, item: Item) -> str | None:
    """Answer a guess with the figure it rests on, where there is a known one."""
    if line.term in TIMBER:
        density = _density(line.taxon)
        if density is None:
            return None
        return _told(line, item, "m3", density, f"{density} kg a cubic metre of {line.taxon}")
    if "COR" in {line.term, item.term} and line.term in CORAL_PIECE:
        piece = CORAL_PIECE[line.term]
        return _told(line, item, "number", piece, f"{plain(piece)} kg a piece of stony coral ({line.term})")
    return None


def _density(taxon: str) -> Decimal | None:
    name = " ".join(taxon.casefold().split())
    found = DENSITIES.get(name) or DENSITIES.get(name.split(" ")[0])
    return Decimal(found) if found else None


def _told(line: PermitLine, item: Item, measure: str, kilograms: Decimal, figure: str) -> str | None:
    """Say what a weight may be in this measure, or a quantity in it may weigh."""
    if units.convertible(item.unit, "kg") and units.convertible(line.unit, measure):
        weight = units.convert(item.quantity, item.unit, "kg")
        return f"at {figure} it may be about {_about(ROUGH.divide(weight, kilograms))} {measure}"
    if units.convertible(item.unit, measure) and units.convertible(line.unit, "kg"):
        amount = units.convert(item.quantity, item.unit, measure)
        return f"at {figure} it may be about {_about(ROUGH.multiply(amount, kilograms))} kg"
    return None


def _about(quantity: Decimal) -> str:
    return plain(ROUGH.quantize(quantity, Decimal("0.001")))
