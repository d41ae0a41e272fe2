"""Listings: the Appendix of a taxon from a day on, by population if the listing is split."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from services.permits.domain.reference import names
from shared.contracts.closed_sets import Appendix, KeptFact, MatchKind

STRICTNESS: dict[str | None, int] = {Appendix.I: 3, Appendix.II: 2, Appendix.III: 1, None: 0}
"""Order of the Appendices by the strictness of their requirements; None is "not listed"."""
_EXCEPT_ONE = re.compile(r"(?i)^except the [a-z]+ included in Appendix I\b(?!, which this listing names)")


@dataclass(frozen=True, kw_only=True)
class Population:
    """One part of a listing: its Appendix (None if not listed) and the countries of its populations.

    No countries means all countries that no other part names. `party` is the country that requested an Appendix III
    listing. `is_range_known` is False if a split listing does not state the countries of this part.
    """

    appendix: str | None
    countries: frozenset[str] = frozenset()
    party: str | None = None
    is_range_known: bool = True


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A taxon in one load of the species index, in force from `since` until the day before `until`."""

    taxon_id: str
    name: str
    author: str
    rank: str
    parts: tuple[Population, ...]
    since: date
    until: date | None = None
    lineage: tuple[str, ...] = ()
    """The keys of its higher taxa: genus, family, order, class."""
    annotation: str = ""
    symbol: str = ""
    """The # annotation of the parts of a plant, as the loaded index states it."""
    distribution: tuple[str, ...] = ()
    version: int = 0
    kingdom: str = ""
    own: bool = False
    """Whether it comes from the project's own listing, which contains only a small part of all species."""
    kept: tuple[KeptFact, ...] = ()
    """The facts that a load kept from the listing before it."""
    kept_since: date | None = None

    @property
    def key(self) -> str:
        """The key of its accepted name."""
        return names.key(self.name)

    def is_in_force_on(self, day: date) -> bool:
        """Return whether the listing is in force on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, kw_only=True)
class ListingMatch:
    """A listing that applies to a name, and the kind of match."""

    listing: Listing
    kind: MatchKind
    key: str
    parent: str = ""
    """The key of the hybrid's parent that the listing applies to."""
    parent_kind: MatchKind | None = None
    """The kind of that parent's match."""

    @property
    def parts(self) -> tuple[Population, ...]:
        """The parts of the listing that may apply to the name.

        The annotation of some higher taxa excludes species that are in Appendix I. The project's own listing names all
        of them only where its annotation says so. Any other such match adds Appendix I: the name may be one of them.
        """
        parts, one = self.listing.parts, self.listing
        if MatchKind.HIGHER in {self.kind, self.parent_kind} and one.own and _EXCEPT_ONE.search(one.annotation):
            return (
                *(replace(part, is_range_known=False) for part in parts),
                Population(appendix=Appendix.I, is_range_known=False),
            )
        return parts


def populations_for(parts: Iterable[Population], country: str | None) -> tuple[Population, ...]:
    """Return the parts of a listing that may apply to specimens of a country; several if it does not decide."""
    all_parts = tuple(parts)
    if country is None or not all(part.is_range_known for part in all_parts):
        return all_parts
    of_country = tuple(part for part in all_parts if country in part.countries)
    return of_country or tuple(part for part in all_parts if not part.countries)
