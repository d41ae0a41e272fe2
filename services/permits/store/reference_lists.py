"""The lists of suspensions, quotas and HS codes: a load adds entries, replaces changed ones and ends missing ones."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Table, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.entries import HsCode, Quota, Suspension
from services.permits.store import quota_usage, reference_loads
from services.permits.store.content_digest import CurrentEntries, content_digest
from services.permits.store.tables import hs_codes, quota_amounts, quotas, suspensions
from shared.contracts.closed_sets import QuotaPeriod
from shared.database import bulk_insert, column_arrays, id_in, new_id

QUOTA_ID_NAMESPACE = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a03")
"""The namespace of the ids of quotas: the same quota has the same id in each load."""
SHARED_COLUMNS = ("country", "taxon", "taxon_key", "terms", "sources", "purposes")
SUSPENSION_COLUMNS = (
    "id",
    "key",
    *SHARED_COLUMNS,
    "codes_reading",
    "applies_to_import",
    "starts",
    "ends",
    "note",
    "digest",
    "since",
    "version",
)
QUOTA_COLUMNS = (
    "id",
    "key",
    *SHARED_COLUMNS,
    "unit",
    "amount",
    "starts",
    "ends",
    "note",
    "digest",
    "period",
    "version",
    "sequence",
)
HS_CODE_COLUMNS = ("id", "key", "country", "hs_code", "concern", "reason", "digest", "since", "version")
AMOUNT_COLUMNS = ("quota_id", "version", "since", "amount", "note")
ON_QUOTA_CONFLICT = """ON CONFLICT (id) DO UPDATE
SET amount = excluded.amount, note = excluded.note, taxon = excluded.taxon, digest = excluded.digest,
    version = excluded.version, period = excluded.period, ended_on = NULL"""


def _shared_values(entry: Suspension | Quota) -> dict[str, Any]:
    return {
        "key": entry.identity,
        "country": entry.country,
        "taxon": entry.taxon,
        "taxon_key": entry.taxon_key,
        "terms": json.dumps(entry.terms),
        "sources": json.dumps(entry.sources),
        "purposes": json.dumps(entry.purposes),
        "starts": entry.starts,
        "ends": entry.ends,
        "note": entry.note,
        "digest": _digest(entry),
    }


def _digest(entry: Suspension | Quota) -> str:
    """Return the digest of an entry. It stays the same for entries that earlier versions stored.

    So it has no reading of codes, which the identity states, and a period only if it is another one.
    """
    is_usual = not isinstance(entry, Quota) or entry.period is QuotaPeriod.ONCE
    return content_digest(entry, "known_from", "codes_reading", *(("period",) if is_usual else ()))


def _label(country: str, taxon: str) -> str:
    return f"{country or 'all countries'} {taxon}"


async def _existing_ids(conn: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    return set((await conn.execute(select(quotas.c.id).where(id_in(quotas.c.id, ids)))).scalars())


async def _current_dated_entries(conn: AsyncConnection, table: Table, ids: Collection[str]) -> CurrentEntries:
    """Return digest and first day of the entries that a list of dated rows contains without an end."""
    c = table.c
    query = select(c.key, c.digest, c.since).where(c.key.in_(ids), c.until.is_(None))
    return {row.key: (row.digest, row.since) for row in await conn.execute(query)}


async def _end_dated_entries(conn: AsyncConnection, table: Table, ids: Collection[str], day: date) -> None:
    """End entries of a list of dated rows on a day. The list contains them until the day before."""
    later = or_(table.c.until.is_(None), table.c.until > day)
    await conn.execute(update(table).where(table.c.key.in_(ids), later).values(until=day))


class SuspensionList:
    """The list of suspensions, as `load_list` uses it."""

    name = "suspensions"
    built_in = False

    def digest(self, entry: Suspension) -> str:
        """Return the digest by which a load finds out whether a suspension has changed."""
        return _digest(entry)

    async def current_entries(self, conn: AsyncConnection, ids: Collection[str]) -> CurrentEntries:
        """Return digest and first day of the entries that the list contains without an end."""
        return await _current_dated_entries(conn, suspensions, ids)

    async def add(self, conn: AsyncConnection, entries: Sequence[Suspension], day: date, version: int) -> None:
        """Insert suspensions that the list contains from a day on."""
        rows = [
            {
                **_shared_values(e),
                "id": new_id(),
                "codes_reading": e.codes_reading,
                "applies_to_import": e.applies_to_import,
                "since": day,
                "version": version,
            }
            for e in entries
        ]
        await conn.execute(bulk_insert(suspensions, SUSPENSION_COLUMNS), column_arrays(rows, SUSPENSION_COLUMNS))

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End suspensions on a day. The list contains them until the day before."""
        await _end_dated_entries(conn, suspensions, ids, day)

    async def list_missing(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Return labels of the entries in force after a day that are not among those seen, by identity."""
        c = suspensions.c
        query = select(c.key, c.country, c.taxon).where(or_(c.until.is_(None), c.until > day))
        return {row.key: _label(row.country, row.taxon) for row in await conn.execute(query) if row.key not in seen}

    async def finish_load(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Return at once: no other table depends on suspensions."""

    async def catch_up(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Return at once: no concurrent transaction depends on a load of suspensions."""


class QuotaList:
    """The list of quotas, as `load_list` uses it. A changed quota keeps its id."""

    name = "quotas"
    built_in = False

    def digest(self, entry: Quota) -> str:
        """Return the digest by which a load finds out whether a quota has changed."""
        return _digest(entry)

    async def current_entries(self, conn: AsyncConnection, ids: Collection[str]) -> CurrentEntries:
        """Return the digests of the quotas in the list. The first day is the earliest: a quota has its own period."""
        c = quotas.c
        query = select(c.key, c.digest).where(c.key.in_(ids), c.ended_on.is_(None))
        return {row.key: (row.digest, date.min) for row in await conn.execute(query)}

    async def add(self, conn: AsyncConnection, entries: Sequence[Quota], day: date, version: int) -> None:
        """Insert quotas. A stored quota with the same identity is updated."""
        rows = [
            {
                **_shared_values(entry),
                "id": uuid5(QUOTA_ID_NAMESPACE, entry.identity),
                "unit": entry.unit,
                "amount": entry.amount,
                "period": entry.period,
                "version": version,
                "sequence": 0,
            }
            for entry in sorted(entries, key=lambda entry: uuid5(QUOTA_ID_NAMESPACE, entry.identity))
        ]
        existing_ids = {row["id"] for row in rows} & await _existing_ids(conn, [row["id"] for row in rows])
        await conn.execute(
            bulk_insert(quotas, QUOTA_COLUMNS, suffix=ON_QUOTA_CONFLICT), column_arrays(rows, QUOTA_COLUMNS)
        )
        amounts = [
            {
                "quota_id": row["id"],
                "version": version,
                "since": day if row["id"] in existing_ids else min(day, row["starts"]),
                "amount": row["amount"],
                "note": row["note"],
            }
            for row in rows
        ]
        await conn.execute(bulk_insert(quota_amounts, AMOUNT_COLUMNS), column_arrays(amounts, AMOUNT_COLUMNS))

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End quotas on a day. `add` then restores those that are only changed."""
        await conn.execute(update(quotas).where(quotas.c.key.in_(ids)).values(ended_on=day))

    async def list_missing(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Return labels of the quotas in the list that are not among those seen, by identity."""
        c = quotas.c
        query = select(c.key, c.country, c.taxon).where(c.ended_on.is_(None))
        return {row.key: _label(row.country, row.taxon) for row in await conn.execute(query) if row.key not in seen}

    async def finish_load(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Store the quantities that issued permits take of the loaded quotas."""
        await quota_usage.record_usage_of_issued_permits(conn, version, at)

    async def catch_up(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Store the quantities that permits take if they were issued during the load.

        The lock of the list excludes other loads. Else another load could wait here for transactions that issue
        permits, while this one waits for its rows.
        """
        await reference_loads.lock_list(conn, self.name)
        await quota_usage.wait_for_issuers(conn)
        await quota_usage.record_usage_of_issued_permits(conn, version, at)


class HsCodeList:
    """The list of HS codes, as `load_list` uses it."""

    name = "hs-codes"
    built_in = False

    def digest(self, entry: HsCode) -> str:
        """Return the digest by which a load finds out whether a row has changed."""
        return content_digest(entry)

    async def current_entries(self, conn: AsyncConnection, ids: Collection[str]) -> CurrentEntries:
        """Return digest and first day of the rows that the list contains without an end."""
        return await _current_dated_entries(conn, hs_codes, ids)

    async def add(self, conn: AsyncConnection, entries: Sequence[HsCode], day: date, version: int) -> None:
        """Insert rows that the list contains from a day on."""
        rows = [
            {
                "id": new_id(),
                "key": entry.identity,
                "country": entry.country,
                "hs_code": entry.code,
                "concern": entry.concern,
                "reason": entry.reason,
                "digest": self.digest(entry),
                "since": day,
                "version": version,
            }
            for entry in entries
        ]
        await conn.execute(bulk_insert(hs_codes, HS_CODE_COLUMNS), column_arrays(rows, HS_CODE_COLUMNS))

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End rows on a day. The list contains them until the day before."""
        await _end_dated_entries(conn, hs_codes, ids, day)

    async def list_missing(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Return labels of the rows in force after a day that are not among those seen, by identity."""
        c = hs_codes.c
        query = select(c.key, c.country, c.hs_code).where(or_(c.until.is_(None), c.until > day))
        return {row.key: _label(row.country, row.hs_code) for row in await conn.execute(query) if row.key not in seen}

    async def finish_load(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Return at once: no other table depends on HS codes."""

    async def catch_up(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Return at once: no concurrent transaction depends on a load of HS codes."""
