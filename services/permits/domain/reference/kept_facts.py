"""Keep the facts of the present listing that a new file of taxa does not contain, or may only contradict by its age.

A fact that the file is silent about stays: the country that listed a taxon, a range, a synonym, a whole taxon. A
listing that the file contradicts stays if it is later than the file. If the age of the file is not known, the stricter
of both stays, so that no load makes the law less strict in silence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from uuid import UUID

from services.permits.domain.reference.annotations import is_deemed_appendix_one
from services.permits.domain.reference.entries import Taxon
from services.permits.domain.reference.listings import STRICTNESS, Listing, Population, populations_for
from shared.contracts.closed_sets import Appendix, KeptFact

OTHER_COUNTRIES = ""
"""A country that no population names."""


class FileAuthority(Enum):
    """The ground on which a file may contradict the present listing."""

    STATED_DAY = auto()
    """The sender states the day of the file: it is right about all that did not change later."""
    UNKNOWN_DAY = auto()
    """Only a row may state its day. A row without one may be older than the present listing."""
    CONFIRMED = auto()
    """The sender confirms that the file takes later facts back."""


@dataclass(frozen=True, kw_only=True)
class FileAge:
    """The day from which a file is in force, and its authority against the present listing."""

    day: date
    authority: FileAuthority

    def is_older_than(self, present: date, row_day: date | None) -> bool | None:
        """Return whether a row of the file is older than a present listing; None if its age is not known."""
        if self.authority is FileAuthority.CONFIRMED:
            return False
        days = [] if row_day is None else [row_day]
        if self.authority is FileAuthority.STATED_DAY:
            days.append(self.day)
        return present > max(days) if days else None


@dataclass(frozen=True, kw_only=True)
class PresentTaxon:
    """A taxon in force before a load, with the id of its row."""

    row_id: UUID
    listing: Listing
    synonyms: tuple[str, ...] = ()


def is_laxer(new: Iterable[Population], present: Iterable[Population]) -> bool:
    """Return whether some populations are less strictly listed than now, or less certainly."""
    new, present = tuple(new), tuple(present)
    countries = {OTHER_COUNTRIES, *(code for part in (*new, *present) for code in part.countries)}
    for code in countries:
        low, high = _strictness(new, code)
        present_low, present_high = _strictness(present, code)
        if low < present_low or high < present_high:
            return True
    return False


def _strictness(parts: tuple[Population, ...], country: str) -> tuple[int, int]:
    """Return the lowest and the highest strictness that specimens of a country may have."""
    found = [STRICTNESS[part.appendix] for part in populations_for(parts, country)] or [0]
    return min(found), max(found)


def keep_facts(new: Taxon, present: PresentTaxon, age: FileAge) -> tuple[Taxon, tuple[KeptFact, ...]]:
    """Return the taxon of a file with the facts that stay, and their kinds."""
    listing, kept = present.listing, []
    stays = _listing_stays(new, listing, age)
    parts = listing.parts if stays else new.parts
    if stays:
        is_range = _appendices(new.parts) == _appendices(listing.parts)
        kept.append(KeptFact.POPULATIONS if is_range else KeptFact.APPENDIX)
    elif (with_party := _with_party(new.parts, listing.parts)) != new.parts:
        parts = with_party
        kept.append(KeptFact.LISTED_BY)
    annotation, symbol = new.annotation, new.symbol
    if _appendices(parts) == _appendices(listing.parts):
        may_be_older = age.is_older_than(listing.since, new.since) is not False
        loses_deemed = may_be_older and _loses_deemed(annotation, listing.annotation)
        if listing.annotation and (stays or not annotation or loses_deemed):
            annotation = listing.annotation
            kept += [KeptFact.ANNOTATION] if not stays else []
        if listing.symbol and not symbol:
            symbol = listing.symbol
            kept.append(KeptFact.ANNOTATION_SYMBOL)
    lost_names = {*present.synonyms, listing.key} - {*new.synonyms, new.key}
    if lost_names:
        kept.append(KeptFact.SYNONYMS)
    if not kept:
        return new, ()
    merged = replace(
        new,
        parts=parts,
        annotation=annotation,
        symbol=symbol,
        synonyms=tuple(sorted({*new.synonyms, *lost_names})),
        kept=tuple(kept),
        kept_since=listing.kept_since or listing.since,
        since=max(listing.since, age.day) if stays else new.since,
    )
    return merged, tuple(kept)


def _listing_stays(new: Taxon, present: Listing, age: FileAge) -> bool:
    """Return whether the present populations and their Appendices stay."""
    if new.parts == present.parts:
        return False
    loses_range = all(part.is_range_known for part in present.parts) and not all(
        part.is_range_known for part in new.parts
    )
    if loses_range and _appendices(new.parts) == _appendices(present.parts):
        return True
    if _without_parties(new.parts) == _without_parties(present.parts):
        return False
    is_older = age.is_older_than(present.since, new.since)
    return is_laxer(new.parts, present.parts) if is_older is None else is_older


def keep_higher_listing(new: Taxon, higher: Mapping[str, Listing], age: FileAge) -> tuple[Taxon, Listing | None]:
    """Return a taxon that no listing has yet, at least as strict as the nearest higher taxon that covers it now.

    Also return that listing if it stays. The annotation of some higher taxa excepts taxa: these cover no new taxon.
    """
    nearest = next((higher[key] for key in new.lineage if key in higher), None)
    if nearest is None or "except" in nearest.annotation.casefold():
        return new, None
    if age.is_older_than(nearest.since, new.since) is False or not is_laxer(new.parts, nearest.parts):
        return new, None
    since = max(nearest.since, age.day)
    kept = (KeptFact.APPENDIX,)
    return replace(new, parts=nearest.parts, kept=kept, kept_since=nearest.since, since=since), nearest


def _appendices(parts: Iterable[Population]) -> frozenset[str | None]:
    return frozenset(part.appendix for part in parts)


def _without_parties(parts: Iterable[Population]) -> frozenset[Population]:
    return frozenset(replace(part, party=None) for part in parts)


def _with_party(new: tuple[Population, ...], present: tuple[Population, ...]) -> tuple[Population, ...]:
    """Return populations of Appendix III with the country that listed them, if the file names none."""
    own = tuple(part for part in present if part.appendix == Appendix.III and part.party)
    if not own or any(part.party for part in new) or Appendix.III not in _appendices(new):
        return new
    if _appendices(new) == {Appendix.III}:
        return own
    return tuple(replace(part, party=own[0].party) if part.appendix == Appendix.III else part for part in new)


def _loses_deemed(new: str, present: str) -> bool:
    return is_deemed_appendix_one(present) and not is_deemed_appendix_one(new)
