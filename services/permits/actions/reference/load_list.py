"""Load a list of reference data as it streams in: what differs is written, what is the same is left alone.

One transaction: a load is whole or was not. Rows are taken in portions, so that memory stays small whatever comes,
and the service answers others in between.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.reference.replayable_stream import Rereadable
from services.permits.domain.reference.entries import Quota, Suspension, Taxon
from services.permits.domain.reference.load_report import Note, Refused, Report
from services.permits.formats import quotas_and_suspensions, species
from services.permits.formats.csv_reader import Raw, Table, named
from services.permits.store import reference_loads
from services.permits.store.reference_lists import Quotas, Suspensions
from services.permits.store.taxa import Taxa
from shared.contracts.fields import write_moment
from shared.database import again
from shared.problems import Fault, Invalid

PORTION = 250
"""Rows that are read and written at a time."""
Entry = Taxon | Suspension | Quota


@dataclass(frozen=True)
class Kind:
    """A kind of list: how its rows are read and how it is kept."""

    kept: Any
    read: Callable[[Raw, list[str]], Entry]
    needs: tuple[str, ...]
    about: Callable[[Raw, list[str]], frozenset[str]]
    """What a row that is refused may be about, so that what stood of it does not end."""
    subject: Callable[[str], str] = str
    """What an identity is about, as `about` says it."""
    may_be_empty: bool = False
    """A list of nothing but its columns says that there is none; a listing of no species says nothing."""


TAXA = Kind(Taxa(), species.taxon_of, species.NEEDED, species.about)
OWN_TAXA = Kind(Taxa(own=True), species.taxon_of, species.NEEDED, species.about)
KINDS = {
    "taxa": TAXA,
    "suspensions": Kind(
        Suspensions(),
        quotas_and_suspensions.suspension_of,
        quotas_and_suspensions.SUSPENSION_NEEDS,
        quotas_and_suspensions.about,
        quotas_and_suspensions.subject,
        may_be_empty=True,
    ),
    "quotas": Kind(
        Quotas(),
        quotas_and_suspensions.quota_of,
        quotas_and_suspensions.QUOTA_NEEDS,
        quotas_and_suspensions.about,
        quotas_and_suspensions.subject,
        may_be_empty=True,
    ),
}


class Load:
    """One load under way."""

    def __init__(self, conn: AsyncConnection, kind: Kind, day: date, version: int) -> None:
        self.conn, self.kind, self.day, self.version = conn, kind, day, version
        self.report = Report()
        self.seen: dict[str, str] = {}
        self.doubtful: set[str] = set()

    async def take(self, rows: Iterable[Raw], header: list[str]) -> None:
        """Take a portion of rows."""
        entries: dict[str, Entry] = {}
        for raw in rows:
            try:
                entry = self.kind.read(raw, header)
                self._must_be_one(entry, raw)
            except Refused as no:
                self.report.refuse(Note(raw.line, no.code, no.detail, no.field))
                self.doubtful |= self.kind.about(raw, header)
                continue
            self.report.take(tuple(raw.repairs))
            if entry.identity not in self.seen:
                entries[entry.identity] = entry
                self.seen[entry.identity] = self.kind.kept.digest(entry)
        await self._write(entries)

    def _must_be_one(self, entry: Entry, raw: Raw) -> None:
        """Take a row that is there twice once, and refuse another of the same thing that says otherwise."""
        before = self.seen.get(entry.identity)
        if before is None:
            return
        if before != self.kind.kept.digest(entry):
            raise Refused("row-twice", "An earlier line says otherwise of the same: which one is meant is not certain.")
        raw.repairs.note("row-repeated", "The same stands in an earlier line; it was taken once.")

    async def _write(self, entries: dict[str, Entry]) -> None:
        kept, counts = self.kind.kept, self.report.counts
        standing = await kept.standing(self.conn, list(entries)) if entries else {}
        fresh, changed = [], []
        for name, entry in entries.items():
            since = getattr(entry, "since", None) or self.day
            if name not in standing:
                fresh.append(entry)
            elif standing[name][0] == self.seen[name] and standing[name][1] <= since:
                counts["unchanged"] += 1
            else:
                changed.append(entry)
        counts.update(added=len(fresh), changed=len(changed))
        if changed:
            await kept.end(self.conn, [entry.identity for entry in changed], self.day)
        if fresh or changed:
            await kept.add(self.conn, [*fresh, *changed], self.day, self.version)

    async def end(self, at: datetime) -> None:
        """End what the file no longer has; of what a refused row is about, what stood stands."""
        gone = await self.kind.kept.unseen(self.conn, self.seen.keys(), self.day)
        gone = {name: told for name, told in gone.items() if self.kind.subject(name) not in self.doubtful}
        if gone:
            await self.kind.kept.end(self.conn, list(gone), self.day)
        self.report.counts["ended"] = len(gone)
        self.report.ended = sorted(gone.values())
        await self.kind.kept.settle(self.conn, self.day, self.version, at)


async def load(
    engine: AsyncEngine, kind: Kind, pieces: AsyncIterator[bytes], day: date, at: datetime, by: UUID | None
) -> dict[str, Any]:
    """Load a file that holds from a day on, and answer the report; a file of which nothing can be taken is refused.

    What the permits of that moment take is seen to after it, each time: so it is made up for where the load was sent
    again because that had failed.
    """
    file = Rereadable(pieces)

    async def whole() -> dict[str, Any]:
        async with engine.begin() as conn:
            return await load_within(conn, kind, file.read(), day, at, by)

    async def meanwhile() -> None:
        async with engine.begin() as conn:
            await kind.kept.meanwhile(conn, report["version"], at)

    report = await again(whole)
    await again(meanwhile)
    return report


async def load_within(
    conn: AsyncConnection, kind: Kind, pieces: AsyncIterator[bytes], day: date, at: datetime, by: UUID | None
) -> dict[str, Any]:
    """Load a file within a transaction."""
    which = kind.kept.name
    before = await reference_loads.begin(conn, which)
    run = Load(conn, kind, day, before + 1)
    table = Table()
    try:
        async for rows in _portions(table, pieces):
            _must_have(table, kind)
            await run.take(rows, table.header or [])
    except Refused as no:
        raise Invalid(no.code, no.detail, [Fault("", no.code, no.detail)]) from None
    _must_have(table, kind)
    if not (kind.may_be_empty and table.bare and run.report.refused == 0):
        _must_be_something(run.report)
    await run.end(at)
    changes = run.report.changes
    told = {"list": which, "version": before + 1 if changes else before, "holds_from": day.isoformat()}
    told |= {"loaded_at": write_moment(at), **run.report.as_data(table.written)}
    if changes:
        await reference_loads.keep(conn, which, before + 1, day, at, by, told)
    return told


async def _portions(table: Table, pieces: AsyncIterator[bytes]) -> AsyncIterator[list[Raw]]:
    waiting: list[Raw] = []
    async for piece in pieces:
        waiting += table.feed(piece)
        while len(waiting) >= PORTION:
            yield waiting[:PORTION]
            waiting = waiting[PORTION:]
    waiting += table.feed(b"", last=True)
    for start in range(0, len(waiting), PORTION):
        yield waiting[start : start + PORTION]


def _must_have(table: Table, kind: Kind) -> None:
    missing = [name for name in kind.needs if named(name) not in (table.header or ())]
    if missing:
        faults = [Fault(f"/{name}", "column-missing", f"The file has no column {name}.") for name in missing]
        detail = f"The first line names the columns; missing: {', '.join(missing)}."
        raise Invalid("columns-missing", detail, faults)


def _must_be_something(report: Report) -> None:
    if report.taken:
        return
    faults = [Fault(f"/{note.line}", note.code, note.detail) for note in report.refusals[:50]]
    raise Invalid("nothing-taken", "No row of the file could be taken; what was listed stands as it was.", faults)
