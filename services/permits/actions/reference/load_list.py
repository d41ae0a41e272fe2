"""Load a list of reference data from a stream. Rows that differ from the current list are written, equal rows are not.

A load is one transaction. It processes rows in batches, so that memory stays small and other requests are served.
"""

from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.reference.keep_facts import TaxonKeeper
from services.permits.actions.reference.replayable_stream import ReplayableStream
from services.permits.domain.reference.entries import HsCode, Quota, Suspension, Taxon
from services.permits.domain.reference.kept_facts import FileAge
from services.permits.domain.reference.load_report import MAX_NOTES, EntryNote, LoadReport, RowNote, RowRejected
from services.permits.formats import hs_codes, quotas_and_suspensions, species
from services.permits.formats.conventions import NO_CONVENTIONS, Conventions, DayOrderSearch
from services.permits.formats.csv_reader import CsvReader, RawRow, column_name
from services.permits.store import reference_loads
from services.permits.store.content_digest import CurrentEntries
from services.permits.store.reference_lists import HsCodeList, QuotaList, SuspensionList
from services.permits.store.taxa import TaxonList
from shared.contracts.closed_sets import CodesReading, KeptFact
from shared.contracts.views import reference as views
from shared.database import retry_transaction
from shared.problems import Fault, Invalid
from shared.strict_json import json_pointer

BATCH_SIZE = 250
"""Rows per batch."""
KEPT_FOR_REFUSED_ROWS = "The file does not have the entry, but the hub refused a row: no entry ends with this load."
Entry = Taxon | Suspension | Quota | HsCode


@dataclass(frozen=True)
class ListKind:
    """A kind of list: how its rows are parsed and stored."""

    store: Any
    parse: Callable[[RawRow, list[str], Conventions], Entry]
    required_columns: tuple[str, ...]
    day_columns: tuple[str, ...] = ()
    """The columns whose order of day and month the whole file decides: `load` reads such a file twice."""
    codes_reading: Callable[[Collection[str]], CodesReading] | None = None
    """Return the meaning of the codes in a file with these columns; None if the codes have only one meaning."""
    may_be_empty: bool = False
    """Whether a file with only a header is valid: there may be no suspensions or quotas, but species must be listed."""
    keeper: Callable[..., TaxonKeeper] | None = None
    """Makes the keeper of a list whose entries end only if a file says so. Any other file is the whole list."""


def _parse_taxon(raw: RawRow, header: list[str], _conventions: Conventions) -> Taxon:
    """Return the taxon of a row: no value of the species index has two readings."""
    return species.parse_taxon(raw, header)


TAXA = ListKind(TaxonList(), _parse_taxon, species.REQUIRED_COLUMNS, keeper=TaxonKeeper)
BUILT_IN_TAXA = ListKind(TaxonList(built_in=True), _parse_taxon, species.REQUIRED_COLUMNS)
LIST_KINDS = {
    "taxa": TAXA,
    "suspensions": ListKind(
        SuspensionList(),
        quotas_and_suspensions.parse_suspension,
        quotas_and_suspensions.SUSPENSION_REQUIRED_COLUMNS,
        day_columns=quotas_and_suspensions.DAY_COLUMNS,
        codes_reading=quotas_and_suspensions.suspension_codes_reading,
        may_be_empty=True,
    ),
    "quotas": ListKind(
        QuotaList(),
        quotas_and_suspensions.parse_quota,
        quotas_and_suspensions.QUOTA_REQUIRED_COLUMNS,
        day_columns=quotas_and_suspensions.DAY_COLUMNS,
        may_be_empty=True,
    ),
    "hs-codes": ListKind(HsCodeList(), hs_codes.parse_hs_code, hs_codes.REQUIRED_COLUMNS, may_be_empty=True),
}


class LoadMode(Enum):
    """The effect of a load: it stores the list, or only reports what it would store."""

    STORE = auto()
    REPORT = auto()


@dataclass(frozen=True, kw_only=True)
class LoadOrder:
    """A load as its sender orders it: from which day the file is in force, and with which authority."""

    age: FileAge
    at: datetime
    loaded_by: UUID | None
    mode: LoadMode = LoadMode.STORE
    codes_reading: CodesReading | None = None
    """The meaning of the codes in the file; None leaves it to its columns."""

    @property
    def day(self) -> date:
        """The first day on which the file is in force."""
        return self.age.day


class ListLoad:
    """A load in progress: its report and the identities that it has seen."""

    def __init__(
        self, conn: AsyncConnection, kind: ListKind, age: FileAge, version: int, *, conventions: Conventions
    ) -> None:
        self.conn, self.kind, self.day, self.version = conn, kind, age.day, version
        self.conventions = conventions
        self.report = LoadReport()
        self.seen: dict[str, str] = {}
        self.keeper = kind.keeper(conn, kind.store, age, version) if kind.keeper else None

    async def add_rows(self, rows: Iterable[RawRow], header: list[str]) -> None:
        """Parse a batch of rows and write the entries that differ."""
        entries: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for raw in rows:
            try:
                entry = self.kind.parse(raw, header, self.conventions)
                self._require_unique(entry, raw)
            except RowRejected as error:
                self.report.count_rejected(
                    RowNote(line=raw.line, code=error.code, detail=error.detail, field=error.field)
                )
                continue
            self.report.count_loaded(tuple(raw.repairs))
            if entry.identity not in self.seen:
                entries[entry.identity] = entry
                lines[entry.identity] = raw.line
                self.seen[entry.identity] = self.kind.store.digest(entry)
        await self._write(entries, lines)

    def _require_unique(self, entry: Entry, raw: RawRow) -> None:
        """Raise RowRejected for a row that contradicts an earlier row. Note a repair for one that repeats it."""
        before = self.seen.get(entry.identity)
        if before is None:
            return
        if before != self.kind.store.digest(entry):
            raise RowRejected(
                "row-twice", "An earlier line has other values for the same entry. Keep only the correct line."
            )
        raw.repairs.add("row-repeated", "An earlier line is equal. The hub loaded it once.")

    async def _write(self, entries: dict[str, Any], lines: Mapping[str, int]) -> None:
        """Write the entries of a batch that differ. `lines` are their lines in the file."""
        store = self.kind.store
        current = await store.current_entries(self.conn, list(entries)) if entries else {}
        differing = self._without_unchanged(entries, current, self.seen)
        if self.keeper is not None and differing:
            differing = await self.keeper.merge(differing, lines, self.report)
            digests = {name: store.digest(entry) for name, entry in differing.items() if entry.kept}
            differing = self._without_unchanged(differing, current, ChainMap(digests, self.seen))
        new = [entry for name, entry in differing.items() if name not in current]
        changed = [entry for name, entry in differing.items() if name in current]
        self.report.counts.update(added=len(new), changed=len(changed))
        for day, ending in _by_last_day(changed, self.day).items():
            await store.end(self.conn, ending, day)
        if new or changed:
            await store.add(self.conn, [*new, *changed], self.day, self.version)

    def _without_unchanged(
        self, entries: dict[str, Any], current: CurrentEntries, digests: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the entries that differ from the current ones, and count the others."""
        differing = {}
        for name, entry in entries.items():
            since = getattr(entry, "since", None) or self.day
            if name in current and current[name][0] == digests[name] and current[name][1] <= since:
                self.report.counts["unchanged"] += 1
            else:
                differing[name] = entry
        return differing

    async def end_missing(self) -> None:
        """End the entries that the file does not have. Taxa stay, and so does every entry if a row was refused."""
        if self.keeper is not None:
            await self.keeper.end_replaced(self.seen.keys(), self.report)
            return
        missing = await self.kind.store.list_missing(self.conn, self.seen.keys(), self.day)
        if self.report.rejected:
            for name in sorted(missing.values()):
                self.report.count_kept(EntryNote(name=name, fact=KeptFact.ENTRY, detail=KEPT_FOR_REFUSED_ROWS))
            return
        if missing:
            await self.kind.store.end(self.conn, list(missing), self.day)
        self.report.counts["ended"] = len(missing)
        self.report.ended_names = sorted(missing.values())


def _by_last_day(changed: Iterable[Entry], day: date) -> dict[date, list[str]]:
    """Return the identities of changed entries by the day on which their present rows end.

    A listing that stays from a later day than the file ends on that day, so that no day is without a listing.
    """
    found: dict[date, list[str]] = {}
    for entry in changed:
        last = max(day, getattr(entry, "since", None) or day) if getattr(entry, "kept", ()) else day
        found.setdefault(last, []).append(entry.identity)
    return found


async def load(engine: AsyncEngine, kind: ListKind, pieces: AsyncIterator[bytes], order: LoadOrder) -> views.LoadReport:
    """Load a file, or only report what a load would do. Raise Invalid if no row can be loaded.

    A second transaction then records how much of the quotas the permits use that were issued during the load. It runs
    after every load. So if it fails, a repeated load completes the record.
    """
    file = ReplayableStream(pieces)
    conventions = await _find_conventions(kind, file, order.codes_reading)

    async def load_transaction() -> views.LoadReport:
        async with engine.connect() as conn:
            report = await load_in_transaction(conn, kind, file.read(), order, conventions=conventions)
            if order.mode is LoadMode.STORE:
                await conn.commit()
            else:
                await conn.rollback()
            return report

    async def catch_up_transaction() -> None:
        async with engine.begin() as conn:
            await kind.store.catch_up(conn, report.version, order.at)

    report = await retry_transaction(load_transaction)
    if order.mode is LoadMode.STORE:
        await retry_transaction(catch_up_transaction)
    return report


async def _find_conventions(kind: ListKind, file: ReplayableStream, codes_reading: CodesReading | None) -> Conventions:
    """Return what the columns of the whole file prove. A list without such columns is not read."""
    if not kind.day_columns:
        return NO_CONVENTIONS
    search, table = DayOrderSearch(kind.day_columns), CsvReader()
    with suppress(RowRejected):  # the load reads the same line and refuses the file
        async for rows in _batches(table, file.read()):
            search.add(rows, table.header or [])
    if codes_reading is None:
        codes_reading = kind.codes_reading(table.header or ()) if kind.codes_reading else CodesReading.COVERED
    return Conventions(day_orders=search.orders(), codes=codes_reading)


async def load_in_transaction(
    conn: AsyncConnection,
    kind: ListKind,
    pieces: AsyncIterator[bytes],
    order: LoadOrder,
    *,
    conventions: Conventions = NO_CONVENTIONS,
) -> views.LoadReport:
    """Load a file within the caller's transaction. Raise Invalid."""
    list_name = kind.store.name
    previous_version = await reference_loads.lock_list(conn, list_name)
    list_load = ListLoad(conn, kind, order.age, previous_version + 1, conventions=conventions)
    table = CsvReader()
    try:
        async for rows in _batches(table, pieces):
            _require_columns(table, kind)
            await list_load.add_rows(rows, table.header or [])
    except RowRejected as error:
        raise Invalid(error.code, error.detail, [Fault("", error.code, error.detail)]) from None
    _require_columns(table, kind)
    if not (kind.may_be_empty and table.header_only and list_load.report.rejected == 0):
        _require_rows(list_load.report, table.original_columns)
    await list_load.end_missing()
    if order.mode is LoadMode.STORE:
        await kind.store.finish_load(conn, order.day, previous_version + 1, order.at)
    changes = list_load.report.has_changes
    is_recorded = changes or previous_version == 0
    version = previous_version + 1 if is_recorded else previous_version
    report = _load_report(
        list_load.report, table.original_columns, list_name=list_name, version=version, order=order
    ).model_copy(update={"purposes_and_sources": conventions.codes if kind.codes_reading else None})
    if is_recorded:
        await reference_loads.insert_load(
            conn, list_name, version, order.day, order.at, order.loaded_by, report.model_dump(mode="json")
        )
    return report


def _load_report(
    report: LoadReport, column_names: Mapping[str, str], *, list_name: str, version: int, order: LoadOrder
) -> views.LoadReport:
    """Return the report for the sender. `column_names` are the columns as the file spells them."""

    def note_views(notes: Iterable[RowNote]) -> tuple[views.LoadNote, ...]:
        return tuple(
            views.LoadNote(
                line=note.line,
                code=note.code,
                detail=note.detail,
                field=column_names.get(note.field, note.field) if note.field else None,
            )
            for note in notes
        )

    return views.LoadReport(
        list=list_name,
        version=version,
        holds_from=order.day,
        loaded_at=order.at,
        dry_run=order.mode is LoadMode.REPORT,
        rows=report.loaded + report.rejected,
        taken=report.loaded,
        repaired=report.repaired,
        refused=report.rejected,
        unchanged=report.counts["unchanged"],
        added=report.counts["added"],
        changed=report.counts["changed"],
        ended=report.counts["ended"],
        kept=report.counts["kept"],
        eased=report.counts["eased"],
        repairs=note_views(report.repairs),
        refusals=note_views(report.rejections),
        ended_names=tuple(report.ended_names[:MAX_NOTES]),
        kept_facts=tuple(map(_entry_note_view, report.kept)),
        eased_listings=tuple(map(_entry_note_view, report.eased)),
    )


def _entry_note_view(note: EntryNote) -> views.EntryNote:
    return views.EntryNote(name=note.name, fact=note.fact, detail=note.detail, line=note.line)


async def _batches(table: CsvReader, pieces: AsyncIterator[bytes]) -> AsyncIterator[list[RawRow]]:
    waiting: list[RawRow] = []
    async for piece in pieces:
        waiting += table.feed(piece)
        while len(waiting) >= BATCH_SIZE:
            yield waiting[:BATCH_SIZE]
            waiting = waiting[BATCH_SIZE:]
    waiting += table.feed(b"", last=True)
    for start in range(0, len(waiting), BATCH_SIZE):
        yield waiting[start : start + BATCH_SIZE]


def _require_columns(table: CsvReader, kind: ListKind) -> None:
    missing = [name for name in kind.required_columns if column_name(name) not in (table.header or ())]
    if missing:
        faults = [Fault(f"/{name}", "column-missing", f"The file has no column {name}.") for name in missing]
        detail = (
            f"The first line of the file lacks the columns: {', '.join(missing)}. Add them and send the file again."
        )
        raise Invalid("columns-missing", detail, faults)


def _require_rows(report: LoadReport, column_names: Mapping[str, str]) -> None:
    """Raise Invalid if no row was loaded. A pointer has the line of the file, and the column where it is known."""
    if report.loaded:
        return
    faults = []
    for note in report.rejections[:50]:
        column = (column_names.get(note.field, note.field),) if note.field else ()
        faults.append(Fault(json_pointer((note.line, *column)), note.code, note.detail))
    raise Invalid(
        "nothing-taken",
        "The hub could load no row of the file, and the list is unchanged. Correct the rows that `errors` names.",
        faults,
    )
