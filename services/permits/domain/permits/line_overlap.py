"""Overlap of permit lines: two lines for the same goods, so that the line to write off is not certain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.names import normalize
from services.permits.domain.units import is_convertible
from shared.contracts.permit import PermitLine
from shared.problems import Fault

DISTINGUISHING_FIELDS = "term source underlying_source origin_country origin_permit acquired_on description".split()


@dataclass(frozen=True, kw_only=True)
class _LineTaxa:
    """A line with the keys of its taxon, by accepted name and synonym, and the keys of its higher taxa."""

    line: PermitLine
    own_keys: frozenset[str]
    higher_keys: frozenset[str]


def overlap_faults(lines: tuple[PermitLine, ...], facts: Facts, day: date) -> Iterator[Fault]:
    """Yield a fault for each line that is for the same goods as an earlier line, by the listing of this day."""
    taxa = [_line_taxa(line, facts, day) for line in lines] if len(lines) > 1 else []
    for (_, one), (index, other) in combinations(enumerate(taxa), 2):
        if _has_same_description(one.line, other.line) and _is_same_taxon(one, other):
            text = (
                f"Line {other.line.line} is for the same goods as line {one.line.line}. Join the two, or state what "
                "differs in `description`."
            )
            yield Fault(f"/lines/{index}", "lines-overlap", text)


def _line_taxa(line: PermitLine, facts: Facts, day: date) -> _LineTaxa:
    own_keys = frozenset({names.key(line.taxon) or normalize(line.taxon)}) | facts.listings.accepted_keys(
        line.taxon, day
    )
    is_hybrid = bool(names.hybrid_parents(line.taxon))  # a hybrid is neither of its parents
    return _LineTaxa(
        line=line,
        own_keys=own_keys,
        higher_keys=frozenset() if is_hybrid else facts.listings.higher_taxa(line.taxon, day),
    )


def _has_same_description(one: PermitLine, other: PermitLine) -> bool:
    same = all(getattr(one, name) == getattr(other, name) for name in DISTINGUISHING_FIELDS)
    return same and is_convertible(one.unit, other.unit)


def _is_same_taxon(one: _LineTaxa, other: _LineTaxa) -> bool:
    """Return whether two lines name one taxon, or one names a higher taxon of the other."""
    return bool(one.own_keys & other.own_keys or one.own_keys & other.higher_keys or other.own_keys & one.higher_keys)
