"""What the Appendices say of a taxon on a day, by population where a listing is split.

A listing answers with an Appendix, with none, or not at all; what cannot be told apart is never guessed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from services.permits.domain.reference import names
from shared.contracts.closed_sets import Appendix, Source

STRICTNESS: dict[str | None, int] = {Appendix.I: 3, Appendix.II: 2, Appendix.III: 1, None: 0}
"""Appendices by how much they ask for."""
_EXCEPT_ONE = re.compile(r"(?i)^except the [a-z]+ included in Appendix I\b")
SOURCE_COUNTED_AS_II = Source.D
"""Source code of Appendix I specimens that count as Appendix II (Article VII.4)."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """One part of a listing: the Appendix (None: not listed), and where it holds; no countries: everywhere else.

    `party` is the country that asked for an Appendix III listing. `is_range_known` is False where a split listing
    does not say where this part holds.
    """

    appendix: str | None
    countries: frozenset[str] = frozenset()
    party: str | None = None
    is_range_known: bool = True


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A taxon as one load of the species index has it, from one day to another; `until` is the first day it ends."""

    taxon_id: str
    name: str
    author: str
    rank: str
    parts: tuple[Population, ...]
    since: date
    until: date | None = None
    lineage: tuple[str, ...] = ()
    """Keys of what it belongs to: genus, family, order, class."""
    annotation: str = ""
    distribution: tuple[str, ...] = ()
    version: int = 0
    kingdom: str = ""
    own: bool = False
    """Of the project's own listing, which names by far not every species."""

    @property
    def key(self) -> str:
        """What its accepted name is found by."""
        return names.key(self.name)

    def is_in_force_on(self, day: date) -> bool:
        """Say whether it holds on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, kw_only=True)
class ListingMatch:
    """A listing that answers for a name, and how it was found."""

    listing: Listing
    kind: str
    """accepted, synonym, higher_taxon or hybrid"""
    key: str

    @property
    def parts(self) -> tuple[Population, ...]:
        """The parts of the listing that may be meant.

        A higher taxon of which some species are in Appendix I answers for another of its species only where each of
        those is named: else that one may be among them.
        """
        parts, one = self.listing.parts, self.listing
        if self.kind == "higher_taxon" and one.own and _EXCEPT_ONE.search(one.annotation):
            return (
                *(replace(part, is_range_known=False) for part in parts),
                Population(appendix=Appendix.I, is_range_known=False),
            )
        return parts


@dataclass(frozen=True, kw_only=True)
class ListingStatus:
    """Where a specimen stands: the Appendices it may be in (one, where that is certain), and the listing that says so.

    `known` is False where no listing answers for the name. `party` is who asked for an Appendix III listing.
    """

    known: bool
    appendices: frozenset[str | None] = frozenset()
    match: ListingMatch | None = None
    party: str | None = None

    @property
    def is_certain(self) -> bool:
        """Say whether there is one answer."""
        return self.known and len(self.appendices) == 1

    @property
    def appendix(self) -> str | None:
        """The one Appendix; None where it is not listed. Asked only where it is certain."""
        return next(iter(self.appendices))

    def __str__(self) -> str:
        if not self.known:
            return "in no listing"
        appendices = sorted(self.appendices, key=lambda one: STRICTNESS[one], reverse=True)
        return " or ".join(f"Appendix {one}" if one else "not listed" for one in appendices)


UNKNOWN = ListingStatus(known=False)
MatchesByName = Mapping[str, tuple[ListingMatch, ...]]
"""Every match of a name on any day, most exact first; a name that nothing answers for is not in it."""


@dataclass(frozen=True, kw_only=True)
class Listings:
    """The answers of the species listing for the names of a batch. `is_complete` once an administrator loaded the
    index."""

    matches: MatchesByName = field(default_factory=dict)
    is_complete: bool = False
    status_cache: dict[tuple[str, date, str | None], ListingStatus] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What was answered before: a listing that was read does not change."""

    def matches_on(self, name: str, day: date) -> tuple[ListingMatch, ...]:
        """Answer the most exact matches of a name that hold on a day."""
        in_force = [match for match in self.matches.get(name, ()) if match.listing.is_in_force_on(day)]
        if in_force and in_force[0].kind == "hybrid":
            return tuple(in_force)
        exact = [match for match in in_force if (match.key, match.kind) == (in_force[0].key, in_force[0].kind)]
        return tuple(exact)

    def listing_status(self, name: str | None, day: date, country: str | None) -> ListingStatus:
        """Answer where specimens of a name from a country stand on a day; many items of a batch ask the same."""
        if name is None or name not in self.matches:
            return UNKNOWN
        cache_key = name, day, country
        if cache_key not in self.status_cache:
            self.status_cache[cache_key] = self._find_status(name, day, country)
        return self.status_cache[cache_key]

    def _find_status(self, name: str, day: date, country: str | None) -> ListingStatus:
        found = self.matches_on(name, day)
        if not found:
            return UNKNOWN
        statuses = [_status_of_match(match, country) for match in found]
        if found[0].kind == "hybrid":
            return max(statuses, key=lambda one: max(STRICTNESS[a] for a in one.appendices))
        every = frozenset().union(*(one.appendices for one in statuses))
        if found[0].kind == "higher_taxon" and every == {None}:
            return UNKNOWN
        return ListingStatus(known=True, appendices=every, match=found[0], party=statuses[0].party)

    def accepted_keys(self, name: str, day: date) -> frozenset[str]:
        """Answer the keys of the taxa that a name is an accepted name or a synonym of."""
        return frozenset(m.listing.key for m in self.matches_on(name, day) if m.kind in {"accepted", "synonym"})

    def kingdom(self, name: str) -> str | None:
        """Answer the kingdom a name belongs to, small; None where it is not known, or not the same for all it means."""
        every = {match.listing.kingdom.casefold() for match in self.matches.get(name, ())} - {""}
        return next(iter(every)) if len(every) == 1 else None

    def higher_taxa(self, name: str, day: date) -> frozenset[str]:
        """Answer the keys of all that a name belongs to, as the listing has it."""
        own = names.candidate_keys(name)[1:]
        return frozenset(own).union(*((*m.listing.lineage, m.listing.key) for m in self.matches_on(name, day)))

    def higher_taxa_of_parent(self, hybrid: str, parent: str, day: date) -> frozenset[str]:
        """Answer the keys of all that one parent of a hybrid belongs to, not of the parent itself."""
        own = names.candidate_keys(parent)
        matches = [match for match in self.matches_on(hybrid, day) if match.key in own or names.is_group(match.key)]
        higher = frozenset(match.listing.key for match in matches if match.key != own[0])
        return higher.union(own[1:], *(match.listing.lineage for match in matches))


def _status_of_match(match: ListingMatch, country: str | None) -> ListingStatus:
    parts = populations_for(match.parts, country)
    party = next((part.party for part in parts if part.party), None)
    return ListingStatus(known=True, appendices=frozenset(part.appendix for part in parts), match=match, party=party)


def populations_for(parts: Iterable[Population], country: str | None) -> tuple[Population, ...]:
    """Answer the parts of a listing that may hold for specimens of a country; several where it does not tell."""
    all_parts = tuple(parts)
    if country is None or not all(part.is_range_known for part in all_parts):
        return all_parts
    of_country = tuple(part for part in all_parts if country in part.countries)
    return of_country or tuple(part for part in all_parts if not part.countries)


def effective_appendix(appendix: str | None, source: str | None) -> str | None:
    """Answer the Appendix a specimen is treated as: of source D one of Appendix I counts as II (Article VII.4)."""
    return Appendix.II if appendix == Appendix.I and source == SOURCE_COUNTED_AS_II else appendix
