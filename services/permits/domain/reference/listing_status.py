"""The listing status of a specimen: the Appendices that it may be in.

The result is an Appendix, "not listed", or unknown. If the data leaves several Appendices possible, all are returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.permits.domain.reference.annotations import AnnotationsInForce
from services.permits.domain.reference.listings import STRICTNESS, ListingMatch, populations_for
from shared.cites.annotations import Annotation, Codes, Effect, Specimen, possible_decisions
from shared.contracts.closed_sets import Appendix, MatchKind, Source

PARTS_OF_PROPAGATED_HYBRIDS = Annotation(
    effect=Effect.EXCLUDED,
    text="seeds, pollen, cut flowers and cultures in vitro of artificially propagated hybrids of Appendix I",
    source="Appendices, Interpretation; Resolution Conf. 11.11",
    since=date(2003, 10, 16),
    terms=Codes(listed=frozenset({"SEE", "FLO", "CUL"})),
    sources=Codes(listed=frozenset({Source.A})),
)
"""The parts to which the Convention does not apply: no plant of Appendix I has an annotation about its hybrids."""


@dataclass(frozen=True, kw_only=True)
class ListingStatus:
    """The Appendices that a specimen may be in, and the listing that they come from.

    One Appendix means that it is certain; None means not listed. `known` is False if no listing applies to the name.
    `party` is the country that requested an Appendix III listing. `coverage` says whether the # annotation of a plant
    includes the part: `included`, `excluded` or `open`. `annotation` is the row that decided about the specimen.
    """

    known: bool
    appendices: frozenset[str | None] = frozenset()
    match: ListingMatch | None = None
    party: str | None = None
    annotation: Annotation | None = None
    is_open: bool = False
    """Whether an annotation leaves Appendix I and II possible for this specimen. An officer decides then."""
    coverage: Effect = Effect.INCLUDED

    @property
    def is_certain(self) -> bool:
        """Return whether exactly one Appendix is possible, "not listed" included."""
        return self.known and len(self.appendices) == 1

    @property
    def is_deemed_appendix_one(self) -> bool:
        """Return whether an annotation leaves this specimen in Appendix I."""
        return self.annotation is not None and self.annotation.effect is Effect.APPENDIX_I and not self.is_open

    @property
    def appendix(self) -> str | None:
        """The only Appendix; None if not listed. Read it only if `is_certain`."""
        return next(iter(self.appendices))

    @property
    def dated(self) -> str:
        """The text of the status with source and first day of its listing, for a finding that compares with it."""
        if self.match is None:
            return str(self)
        listing = self.match.listing
        return f"{self} ({'built-in' if listing.own else 'loaded'} listing of {listing.since})"

    def __str__(self) -> str:
        if not self.known:
            return "in no listing"
        appendices = sorted(self.appendices, key=lambda one: STRICTNESS[one], reverse=True)
        return " or ".join(f"Appendix {one}" if one else "not listed" for one in appendices)


UNKNOWN = ListingStatus(known=False)
OF_UNNAMED_PARENT: frozenset[str | None] = frozenset({None, Appendix.II, Appendix.I})
"""The Appendices of a hybrid whose named parent is not listed: the other parent may be in any of these."""


def status_of_specimen(population: ListingStatus, annotations: AnnotationsInForce, specimen: Specimen) -> ListingStatus:
    """Return the status of one specimen of a population by the annotations of its listing."""
    if annotations.parts:
        return _status_of_part(population, annotations, specimen)
    stated = population.appendices
    if annotations.is_unreadable and Appendix.II in stated:
        return replace(population, appendices=stated | {Appendix.I}, is_open=True)
    decisions = possible_decisions(annotations.appendices, specimen)
    if not decisions:
        return population
    question = decisions.get(Effect.OPEN)
    if decisions.keys() == {Effect.APPENDIX_I}:
        return replace(population, appendices=frozenset({Appendix.I}), annotation=decisions[Effect.APPENDIX_I])
    if decisions.keys() == {Effect.APPENDIX_II} and Appendix.II in stated:
        return replace(population, annotation=decisions[Effect.APPENDIX_II])
    row = question or next(iter(decisions.values()))
    return replace(population, appendices=frozenset({Appendix.I, Appendix.II}), annotation=row, is_open=True)


def _status_of_part(population: ListingStatus, annotations: AnnotationsInForce, specimen: Specimen) -> ListingStatus:
    """Return the status of a part of a plant. A part that is not stated counts as included."""
    if specimen.term is None:
        return population
    decisions = possible_decisions(annotations.parts, specimen)
    if not decisions or decisions.keys() == {Effect.INCLUDED}:
        return population
    is_excluded = decisions.keys() == {Effect.EXCLUDED}
    row = decisions.get(Effect.OPEN) or decisions.get(Effect.EXCLUDED)
    # Appendix I includes each part of a plant. So an exclusion is certain only if the Appendix is.
    is_certain = is_excluded and (Appendix.I not in population.appendices or population.is_certain)
    return replace(population, coverage=Effect.EXCLUDED if is_certain else Effect.OPEN, annotation=row)


def status_of_matches(found: Sequence[ListingMatch], country: str | None) -> ListingStatus:
    """Return the status by the most exact matches of a name. A higher taxon that is not listed tells nothing."""
    statuses = [_status_of_match(match, country) for match in found]
    every = frozenset().union(*(one.appendices for one in statuses))
    if every == {None} and MatchKind.HIGHER in {found[0].kind, found[0].parent_kind}:
        return UNKNOWN
    return ListingStatus(known=True, appendices=every, match=found[0], party=statuses[0].party)


def stricter(one: str | None, other: str | None) -> str | None:
    """Return the stricter of two Appendices. None is "not listed"."""
    return max(one, other, key=lambda appendix: STRICTNESS[appendix])


def strictness(status: ListingStatus) -> int:
    """Return the place of the strictest possible Appendix in the order of Appendices."""
    return max(STRICTNESS[appendix] for appendix in status.appendices)


def _status_of_match(match: ListingMatch, country: str | None) -> ListingStatus:
    parts = populations_for(match.parts, country)
    party = next((part.party for part in parts if part.party), None)
    return ListingStatus(known=True, appendices=frozenset(part.appendix for part in parts), match=match, party=party)
