"""Quantity of an item in the unit of its permit line: by the unit, and by the parts that make one whole.

All trophy parts of one animal are one trophy. Two sides are one skin, 52 piano keys are one set, two shoes are one
pair. Parts of one whole may be in several items, so a declaration counts them together.

Example, for a line of one trophy:

| items                   | used by each item | trophies |
|-------------------------|-------------------|----------|
| 1 skull, 1 skin         | 1, 0              |        1 |
| 2 horns, 3 kg of bones  | 1, 0              |        1 |
| 2 skulls, 1 skin        | 2, 0              |        2 |
"""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from shared.cites.term_families import PARTS_OF_WHOLE, SHOE_TERMS, TROPHY_PARTS
from shared.contracts.closed_sets import Unit
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import EXACT

_Stated = tuple[str, str]
"""Term and unit of an item."""
WHOLE_TERMS = frozenset({"TRO", *PARTS_OF_WHOLE, *SHOE_TERMS})
"""Terms of lines whose goods may be declared as their parts."""


def counts_wholes(line: PermitLine, term: str | None) -> bool:
    """Return whether an item of this term may state parts of what the line counts."""
    if line.term not in WHOLE_TERMS or line.unit != Unit.NUMBER or term is None:
        return False
    if line.term == "TRO":
        return term == "TRO" or term in TROPHY_PARTS
    if line.term in SHOE_TERMS:
        return "SHO" in {line.term, term} and term in SHOE_TERMS
    return term == line.term or term in PARTS_OF_WHOLE[line.term]


def to_line_quantity(line: PermitLine, term: str | None, quantity: Decimal, unit: str) -> Decimal | None:
    """Return a quantity of one item in the line's unit; None if the unit has no exact conversion."""
    if counts_wholes(line, term):
        return WholeCounts().add(UUID(int=0), line, term or "", quantity=quantity, unit=unit)
    if not units.is_convertible(unit, line.unit):
        return None
    converted = units.convert(quantity, unit, line.unit)
    parts = PARTS_OF_WHOLE.get(term or "", {}).get(line.term, 1)
    return converted if parts == 1 else EXACT.multiply(converted, Decimal(parts))


class WholeCounts:
    """The goods that the items of one declaration state of each permit line, by term, as they are added."""

    def __init__(self) -> None:
        self._by_line: dict[tuple[UUID, str], dict[_Stated, Decimal]] = {}
        self._totals: dict[tuple[UUID, str], Decimal] = {}

    def add(self, permit: UUID, line: PermitLine, term: str, *, quantity: Decimal, unit: str) -> Decimal | None:
        """Add an item, and return what it uses of the line in addition to the earlier items, in the line's unit.

        `counts_wholes` holds for the line and the term. The result is None if the goods cannot be counted. Parts of a
        trophy by weight are of the trophy that other parts show, else of one trophy.
        """
        is_counted = units.is_convertible(unit, Unit.NUMBER)
        if quantity <= ZERO:
            return ZERO
        if not is_counted and (line.term != "TRO" or term == "TRO"):
            return None
        key, stated = (permit, line.line), (term, unit)
        counts = self._by_line.setdefault(key, {})
        number = units.convert(quantity, unit, Unit.NUMBER) if is_counted else ZERO
        counts[stated] = EXACT.add(counts.get(stated, ZERO), number)
        before = self._totals.get(key, ZERO)
        self._totals[key] = max(_count(line, counts), before)
        return EXACT.subtract(self._totals[key], before)


def _count(line: PermitLine, counts: Mapping[_Stated, Decimal]) -> Decimal:
    """Return the number of wholes that some goods are, by their terms and units."""
    if line.term == "TRO":
        numbers: dict[str, Decimal] = {}
        for (term, _), number in counts.items():
            numbers[term] = EXACT.add(numbers.get(term, ZERO), number)
        return max(_trophies(term, number) for term, number in numbers.items())
    if line.term in SHOE_TERMS:
        return _shoes(line, counts)
    parts = PARTS_OF_WHOLE[line.term]
    total = ZERO
    for (term, _), number in counts.items():
        total = EXACT.add(total, _wholes(number, parts.get(term, 1)))
    return total


def _trophies(term: str, number: Decimal) -> Decimal:
    if term == "TRO":
        return number
    parts = TROPHY_PARTS[term]
    return Decimal(1) if parts is None else max(_wholes(number, parts), Decimal(1))


def _shoes(line: PermitLine, counts: Mapping[_Stated, Decimal]) -> Decimal:
    """Return the number of shoes, or of pairs if the line has too few for single shoes.

    If term or unit differ from the line, one side may count pairs and the other one shoes.
    """
    same = counts.get((line.term, line.unit), ZERO)
    others = ZERO
    for stated, number in counts.items():
        others = EXACT.add(others, ZERO if stated == (line.term, line.unit) else number)
    total = EXACT.add(same, others)
    return total if total <= line.quantity else EXACT.add(same, _wholes(others, 2))


def _wholes(number: Decimal, parts: int) -> Decimal:
    """Return the least number of wholes that have this number of parts."""
    if parts == 1:
        return number
    wholes, rest = EXACT.divmod(number, Decimal(parts))
    return EXACT.add(wholes, Decimal(1)) if rest else wholes
