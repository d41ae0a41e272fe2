"""The species listing for the names of one batch: the listings of each name, its status and its higher taxa."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.permits.domain.reference import names
from services.permits.domain.reference.annotations import (
    NOTHING,
    AnnotationsInForce,
    find_annotations,
    is_deemed_appendix_one,
)
from services.permits.domain.reference.listing_status import (
    OF_UNNAMED_PARENT,
    PARTS_OF_PROPAGATED_HYBRIDS,
    UNKNOWN,
    ListingStatus,
    status_of_matches,
    status_of_specimen,
    stricter,
    strictness,
)
from services.permits.domain.reference.listings import Listing, ListingMatch, populations_for
from shared.cites.annotations import AnnotationTable, Effect, Specimen, load_annotations
from shared.contracts.closed_sets import Appendix, MatchKind, Purpose, Source

PLANTS, ANIMALS = "plantae", "animalia"
CLASSES_AND_WIDER = frozenset(
    "animalia plantae chordata arthropoda annelida mollusca cnidaria echinodermata mammalia aves reptilia amphibia "
    "actinopterygii actinopteri elasmobranchii chondrichthyes coelacanthi sarcopterygii dipneusti dipnoi "
    "holothuroidea insecta arachnida clitellata hirudinoidea bivalvia gastropoda cephalopoda anthozoa hydrozoa".split()
)
"""The kingdoms, phyla and classes of the Appendices. They are too wide to compare two names."""
OF_THE_TAXON = frozenset({MatchKind.ACCEPTED, MatchKind.SYNONYM})
"""The kinds of matches by a name of the taxon itself."""
_NO_KEYS: frozenset[str] = frozenset()
MatchesByName = Mapping[str, tuple[ListingMatch, ...]]
"""All matches of each name on any day, the most exact first. A name without a match is not a key."""


@dataclass(frozen=True, kw_only=True)
class Listings:
    """The species listing for the names of one batch.

    `is_complete` is True after an administrator loaded the whole species index.
    """

    matches: MatchesByName = field(default_factory=dict)
    is_complete: bool = False
    similar_names: Mapping[str, str] = field(default_factory=dict)
    """Name that no listing has → a similar accepted name, to suggest it."""
    status_cache: dict[tuple[str, date, str | None], ListingStatus] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Earlier results. They stay correct, because loaded listings do not change."""
    higher_taxa_cache: dict[tuple[str, date], frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    annotation_table: AnnotationTable = field(default_factory=load_annotations, compare=False, repr=False)
    annotated_cache: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    annotations_cache: dict[tuple[str, date, str | None], AnnotationsInForce] = field(
        default_factory=dict, compare=False, repr=False
    )
    specimen_cache: dict[tuple[str, date, str | None, Specimen], ListingStatus] = field(
        default_factory=dict, compare=False, repr=False
    )

    def suggestion(self, name: str) -> str:
        """Return a sentence with a similar name of the listing, with a blank before it; empty if there is none."""
        return f" Did you mean {self.similar_names[name]}?" if name in self.similar_names else ""

    def matches_on(self, name: str, day: date) -> tuple[ListingMatch, ...]:
        """Return the most exact matches of a name that are in force on a day."""
        in_force = [match for match in self.matches.get(name, ()) if match.listing.is_in_force_on(day)]
        if in_force and in_force[0].kind is MatchKind.HYBRID:
            return tuple(in_force)
        exact = [match for match in in_force if (match.key, match.kind) == (in_force[0].key, in_force[0].kind)]
        return tuple(exact)

    def listing_status(
        self, name: str | None, day: date, country: str | None, *, specimen: Specimen | None = None
    ) -> ListingStatus:
        """Return the listing status of specimens of a name from a country on a day.

        Without `specimen` it is that of the population, whatever the annotations say about a specimen.
        Results are cached, because many items of a batch need the same one.
        """
        if name is None or name not in self.matches:
            return UNKNOWN
        cache_key = name, day, country
        status = self.status_cache.get(cache_key)
        if status is None:
            status = self.status_cache[cache_key] = self._find_status(name, day, country)
        if specimen is None or country is None or not status.known:
            return status
        if specimen.source == Source.A and self._is_excluded_part_of_hybrid(name, status, specimen):
            return replace(status, coverage=Effect.EXCLUDED, annotation=PARTS_OF_PROPAGATED_HYBRIDS)
        annotations = self.annotations(name, day, country)
        if annotations is NOTHING:
            return status
        specimen_key = name, day, country, specimen
        if specimen_key not in self.specimen_cache:
            self.specimen_cache[specimen_key] = status_of_specimen(status, annotations, specimen)
        return self.specimen_cache[specimen_key]

    def _is_excluded_part_of_hybrid(self, name: str, status: ListingStatus, specimen: Specimen) -> bool:
        return (
            PARTS_OF_PROPAGATED_HYBRIDS.fits(specimen) is True
            and names.is_hybrid(name)
            and status.appendices == {Appendix.I}
            and self.kingdom(name) == PLANTS
        )

    def effective_appendix(self, name: str, appendix: str | None, specimen: Specimen) -> str | None:
        """Return the Appendix whose rules apply. Some specimens of Appendix I count as Appendix II.

        Source D counts so. Artificially propagated plants (source A) count so for commercial purposes (Article VII.4),
        and if they are hybrids (Resolution Conf. 11.11). No animal has source A.
        """
        if appendix != Appendix.I or specimen.source not in {Source.D, Source.A}:
            return appendix
        if specimen.source == Source.A:
            is_of_plants = self.kingdom(name) != ANIMALS
            if not is_of_plants or not (specimen.purpose == Purpose.COMMERCIAL or names.is_hybrid(name)):
                return appendix
        return Appendix.II

    def annotations(self, name: str, day: date, country: str | None) -> AnnotationsInForce:
        """Return the annotations of a name from a country on a day, also of a name that no listing has."""
        if not self.is_annotated(name):
            return NOTHING
        cache_key = name, day, country
        if cache_key not in self.annotations_cache:
            self.annotations_cache[cache_key] = self._find_annotations(name, day, country)
        return self.annotations_cache[cache_key]

    def is_annotated(self, name: str) -> bool:
        """Return whether a name may have annotations on some day. Most names have none, so this is found first.

        A hybrid has one that no table names: of propagated hybrids of Appendix I some parts are excluded.
        """
        found = self.annotated_cache.get(name)
        if found is None:
            found = self.annotated_cache[name] = self._find_is_annotated(name)
        return found

    def _find_is_annotated(self, name: str) -> bool:
        annotated = self.annotation_table.names
        return (
            names.is_hybrid(name)
            or not annotated.isdisjoint(names.candidate_keys(name))
            or any(
                one.symbol
                or one.key in annotated
                or not annotated.isdisjoint(one.lineage)
                or is_deemed_appendix_one(one.annotation)
                for one in (match.listing for match in self.matches.get(name, ()))
            )
        )

    def _find_annotations(self, name: str, day: date, country: str | None) -> AnnotationsInForce:
        found = [match.listing for match in self.matches_on(name, day)]
        appendices = self.listing_status(name, day, country).appendices
        return _annotations_of(self.annotation_table, name, found, day, country, appendices=appendices)

    def _find_status(self, name: str, day: date, country: str | None) -> ListingStatus:
        found = self.matches_on(name, day)
        if not found:
            return UNKNOWN
        if found[0].kind is MatchKind.HYBRID:
            return self._find_status_of_hybrid(name, found, country)
        status = status_of_matches(found, country)
        if status.appendices == {None} and names.has_unnamed_parent(name):
            return replace(status, appendices=OF_UNNAMED_PARENT)
        return status

    def _find_status_of_hybrid(self, name: str, found: Iterable[ListingMatch], country: str | None) -> ListingStatus:
        """Return the status of a hybrid: that of its strictest parent (Resolutions Conf. 10.17 and 11.11).

        A listing that is not complete may lack a parent, so a parent without a listing is then unknown.
        """
        by_parent: dict[str, list[ListingMatch]] = {parent: [] for parent in names.hybrid_parents(name)}
        for match in found:
            by_parent.setdefault(match.parent, []).append(match)
        known = [one for some in by_parent.values() if some and (one := status_of_matches(some, country)).known]
        if not known:
            return UNKNOWN
        combined = known[0].appendices
        for one in known[1:]:
            combined = frozenset(stricter(mine, its) for mine in combined for its in one.appendices)
        if combined == {None} and len(known) < len(by_parent) and not self.is_complete:
            return UNKNOWN
        return replace(max(known, key=strictness), appendices=combined)

    def accepted_keys(self, name: str, day: date) -> frozenset[str]:
        """Return the keys of the taxa that a name is an accepted name or a synonym of."""
        if name not in self.matches:
            return _NO_KEYS
        return frozenset(m.listing.key for m in self.matches_on(name, day) if m.kind in OF_THE_TAXON)

    def is_identified(self, name: str, day: date) -> bool:
        """Return whether the listing of the day knows the species, the group or the parents that a name means.

        A species of which it knows only the genus or a wider taxon may be a synonym, or a new or misspelt name.
        """
        found = self.matches_on(name, day)
        if not found:
            return False
        if found[0].kind is MatchKind.HYBRID:
            return {match.parent for match in found} >= set(names.hybrid_parents(name))
        return found[0].kind in OF_THE_TAXON or not names.is_group(found[0].key)

    def placement(self, name: str, day: date) -> frozenset[str]:
        """Return the keys of the order, the family and the genus in which the listing of the day places a name.

        Classes and wider taxa are not among them: a synonym never leaves its order, and a class has many orders.
        """
        placed: set[str] = set()
        for match in self.matches_on(name, day):
            placed.update((match.listing.key, *match.listing.lineage))
        return frozenset(placed - CLASSES_AND_WIDER)

    def kingdom(self, name: str) -> str | None:
        """Return the kingdom of a name in lower case; None if it is unknown or its matches have different ones."""
        every = {match.listing.kingdom.casefold() for match in self.matches.get(name, ())} - {""}
        return next(iter(every)) if len(every) == 1 else None

    def higher_taxa(self, name: str, day: date) -> frozenset[str]:
        """Return the keys of all higher taxa of a name, by the name itself and by the listing of the day."""
        cache_key = name, day
        if cache_key not in self.higher_taxa_cache:
            self.higher_taxa_cache[cache_key] = self._find_higher_taxa(name, day)
        return self.higher_taxa_cache[cache_key]

    def _find_higher_taxa(self, name: str, day: date) -> frozenset[str]:
        own = names.candidate_keys(name)[1:]
        return frozenset(own).union(*((*m.listing.lineage, m.listing.key) for m in self.matches_on(name, day)))

    def lineage(self, name: str) -> frozenset[str]:
        """Return the keys of a name and of all its higher taxa, by the name itself and by the listings of any day."""
        own = names.candidate_keys(name)
        return frozenset(own).union(*((*m.listing.lineage, m.listing.key) for m in self.matches.get(name, ())))

    def higher_taxa_of_parent(self, hybrid: str, parent: str, day: date) -> frozenset[str]:
        """Return the keys of all higher taxa of one parent of a hybrid, without the parent itself."""
        own = names.candidate_keys(parent)
        matches = [match for match in self.matches_on(hybrid, day) if match.key in own or names.is_group(match.key)]
        higher = frozenset(match.listing.key for match in matches if match.key != own[0])
        return higher.union(own[1:], *(match.listing.lineage for match in matches))


def list_annotations(listing: Listing, day: date, country: str | None) -> AnnotationsInForce:
    """Return the annotations of one listing on a day, for one country of origin or for all."""
    appendices = frozenset(part.appendix for part in populations_for(listing.parts, country))
    return _annotations_of(load_annotations(), listing.name, [listing], day, country, appendices=appendices)


def _annotations_of(
    table: AnnotationTable,
    name: str,
    found: Sequence[Listing],
    day: date,
    country: str | None,
    *,
    appendices: frozenset[str | None],
) -> AnnotationsInForce:
    """Return the annotations of a name with the listings that it matches. The nearest taxon that has some decides."""
    own = names.candidate_keys(name)
    keys = dict.fromkeys((*own[:1], *(one.key for one in found), *own[1:]))
    keys |= dict.fromkeys(key for one in found for key in one.lineage)
    return find_annotations(
        table,
        tuple(keys),
        day,
        country,
        appendices=appendices,
        texts=(one.annotation for one in found),
        loaded_symbols=(one.symbol for one in found),
    )
