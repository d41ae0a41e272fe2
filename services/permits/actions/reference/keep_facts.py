"""Keep facts of the present listing during a load of taxa, and note each of them in the report of the load."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.entries import Taxon
from services.permits.domain.reference.kept_facts import (
    FileAge,
    PresentTaxon,
    is_laxer,
    keep_facts,
    keep_higher_listing,
)
from services.permits.domain.reference.listings import Listing, Population
from services.permits.domain.reference.load_report import EntryNote, LoadReport
from services.permits.store.taxa import TaxonList
from shared.contracts.closed_sets import KeptFact

REASONS = {
    KeptFact.ENTRY: "The file does not have the taxon. It ends only if a file has it as NC.",
    KeptFact.APPENDIX: "The file is older or states no day, and has another Appendix.",
    KeptFact.POPULATIONS: "The file is older or states no day, or does not say which populations it means.",
    KeptFact.LISTED_BY: "The file does not name the country that listed the taxon.",
    KeptFact.ANNOTATION: "The file has no such annotation.",
    KeptFact.ANNOTATION_SYMBOL: "The file has no # annotation.",
    KeptFact.SYNONYMS: "The file lacks names of the taxon.",
}


class TaxonKeeper:
    """The present listing during one load: it decides which facts stay and which rows the file replaces."""

    def __init__(self, conn: AsyncConnection, store: TaxonList, age: FileAge, version: int) -> None:
        self._conn, self._store, self._age, self._version = conn, store, age, version
        self._higher: dict[str, Listing] | None = None
        self._replaced: dict[UUID, PresentTaxon] = {}

    async def merge(
        self, entries: Mapping[str, Taxon], lines: Mapping[str, int], report: LoadReport
    ) -> dict[str, Taxon]:
        """Return the entries of a batch with the facts that stay. `lines` are their lines in the file."""
        if self._higher is None:
            self._higher = await self._store.list_higher_taxa(self._conn)
        present = _PresentTaxa(await self._store.list_present(self._conn, tuple(entries.values()), self._version))
        return {name: self._merge_one(entry, present, lines[name], report) for name, entry in entries.items()}

    def _merge_one(self, entry: Taxon, present: "_PresentTaxa", line: int, report: LoadReport) -> Taxon:
        own, others = present.of(entry)
        if own is None:
            merged, higher = keep_higher_listing(entry, self._higher or {}, self._age)
            if higher is not None:
                report.count_kept(_kept_note(KeptFact.APPENDIX, entry.name, higher, line))
            return merged
        merged, kept = keep_facts(entry, own, self._age)
        for fact in kept:
            report.count_kept(_kept_note(fact, entry.name, own.listing, line))
        if is_laxer(merged.parts, own.listing.parts):
            report.count_eased(_eased_note(merged, own.listing, line))
        self._replaced[own.row_id] = own
        for other in others:
            if not is_laxer(merged.parts, other.listing.parts):
                self._replaced[other.row_id] = other
        return merged

    async def end_replaced(self, seen: Iterable[str], report: LoadReport) -> None:
        """End the rows that the file replaces under another id, and note each taxon that the file does not have."""
        seen = set(seen)
        ended = {
            row_id: one.listing
            for row_id, one in self._replaced.items()
            if one.listing.own or one.listing.taxon_id not in seen
        }
        await self._store.end_rows(self._conn, tuple(ended), self._age.day)
        for row in await self._store.list_left_out(self._conn, self._version, seen, ended.keys()):
            note = _note_of(KeptFact.ENTRY, row["name"], f"{_origin(own=row['built_in'])} {row['since']}")
            report.count_kept(note)


class _PresentTaxa:
    """The present taxa of a batch, by id and by name."""

    def __init__(self, found: Iterable[PresentTaxon]) -> None:
        every = sorted(found, key=lambda one: one.listing.own)
        self._by_id = {one.listing.taxon_id: one for one in every if not one.listing.own}
        self._by_key: dict[str, list[PresentTaxon]] = {}
        for one in every:
            self._by_key.setdefault(one.listing.key, []).append(one)

    def of(self, entry: Taxon) -> tuple[PresentTaxon | None, list[PresentTaxon]]:
        """Return the present taxon of an entry: by id, name or synonym; and others that it may replace."""
        same_id = [self._by_id[entry.taxon_id]] if entry.taxon_id in self._by_id else []
        named = self._by_key.get(entry.key, [])
        synonyms = [one for key in entry.synonyms for one in self._by_key.get(key, ())]
        first, *others = dict.fromkeys((*same_id, *named, *synonyms)) or (None,)
        return first, [one for one in others if one is not None]


def _kept_note(fact: KeptFact, name: str, present: Listing, line: int) -> EntryNote:
    since = present.kept_since or present.since
    return _note_of(fact, name, f"{_state(present.parts)}, {_origin(own=present.own)} {since}", line)


def _note_of(fact: KeptFact, name: str, present: str, line: int | None = None) -> EntryNote:
    return EntryNote(name=name, fact=fact, detail=f"{REASONS[fact]} The hub keeps: {present}.", line=line)


def _eased_note(new: Taxon, present: Listing, line: int) -> EntryNote:
    before = f"{_state(present.parts)}, {_origin(own=present.own)} {present.since}"
    detail = f"The file makes the listing less strict: {_state(new.parts)}. Before: {before}."
    return EntryNote(name=new.name, fact=KeptFact.APPENDIX, detail=detail, line=line)


def _origin(*, own: bool) -> str:
    return "in the built-in listing since" if own else "in the loaded listing since"


def _state(parts: Iterable[Population]) -> str:
    """Return the populations of a listing in words."""
    found = []
    for part in parts:
        appendix = f"Appendix {part.appendix}" if part.appendix else "not listed"
        countries = f" for {', '.join(sorted(part.countries))}" if part.countries else ""
        party = f", listed by {part.party}" if part.party else ""
        found.append(appendix + countries + party)
    return "; ".join(found)
