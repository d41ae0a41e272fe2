"""Which lines of one paper are for the same goods, so that nobody could say from which of them to write off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.matching import written
from services.permits.domain.units import convertible
from shared.contracts.permit import PermitLine
from shared.problems import Fault

TOLD_APART_BY = "term source underlying_source origin_country origin_permit acquired_on description".split()


@dataclass(frozen=True)
class _Meant:
    """A line with the keys of the taxon it names, by accepted name and synonym, and of all that taxon belongs to."""

    line: PermitLine
    own: frozenset[str]
    above: frozenset[str]


def overlaps(lines: tuple[PermitLine, ...], facts: Facts, day: date) -> Iterator[Fault]:
    """Answer a fault for each line that is for the same goods as one before it; names are those of the day."""
    meant = [_meant(line, facts, day) for line in lines] if len(lines) > 1 else []
    for (_, one), (index, other) in combinations(enumerate(meant), 2):
        if _alike(one.line, other.line) and _same(one, other):
            text = (
                f"Line {other.line.line} is for the same goods as line {one.line.line}: join them, or describe "
                "what differs."
            )
            yield Fault(f"/lines/{index}", "lines-overlap", text)


def _meant(line: PermitLine, facts: Facts, day: date) -> _Meant:
    own = frozenset({names.key(line.taxon) or written(line.taxon)}) | facts.listings.accepted(line.taxon, day)
    hybrid = bool(names.parents(line.taxon))  # a hybrid is neither of its parents
    return _Meant(line, own, frozenset() if hybrid else facts.listings.above(line.taxon, day))


def _alike(one: PermitLine, other: PermitLine) -> bool:
    same = all(getattr(one, name) == getattr(other, name) for name in TOLD_APART_BY)
    return same and convertible(one.unit, other.unit)


def _same(one: _Meant, other: _Meant) -> bool:
    """Say whether two lines name one taxon, or one of them what the other belongs to."""
    return bool(one.own & other.own or one.own & other.above or other.own & one.above)
