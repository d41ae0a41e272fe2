"""Suspensions and quotas as they are loaded: what is new is added, what differs is changed, what is gone ends."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.entries import Quota, Suspension
from services.permits.store import quota_usage, reference_loads
from services.permits.store.content_digest import Standing, digest
from services.permits.store.tables import quota_amounts, quotas, suspensions
from shared.database import among, columns, many, new_id

QUOTAS = UUID("6d6f2f0c-5f0e-5d0f-9a55-0d4d6b1f6a03")
"""The namespace of the ids of quotas, which stay the same from load to load."""
SHARED = ("country", "taxon", "taxon_key", "terms", "sources", "purposes")
SUSPENSION = ("id", "key", *SHARED, "applies_to_import", "starts", "ends", "note", "digest", "since", "version")
QUOTA = ("id", "key", *SHARED, "unit", "amount", "starts", "ends", "note", "digest", "version", "sequence", "told")
AMOUNT = ("quota_id", "version", "since", "amount", "note")
QUOTA_AGAIN = """ON CONFLICT (id) DO UPDATE
SET amount = excluded.amount, note = excluded.note, taxon = excluded.taxon, digest = excluded.digest,
    version = excluded.version, ended_on = NULL"""


def _shared(entry: Suspension | Quota) -> dict[str, Any]:
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
        "digest": digest(entry, "known_from"),
    }


async def _known(conn: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    return set((await conn.execute(select(quotas.c.id).where(among(quotas.c.id, ids)))).scalars())


class Suspensions:
    """The list of suspensions, as the action of loading sees it."""

    name = "suspensions"
    own = False

    def digest(self, entry: Suspension) -> str:
        """Answer what tells whether a suspension is as it was."""
        return digest(entry, "known_from")

    async def standing(self, conn: AsyncConnection, ids: Collection[str]) -> Standing:
        """Answer of those that the list has without end: their digest, and since when."""
        c = suspensions.c
        query = select(c.key, c.digest, c.since).where(c.key.in_(ids), c.until.is_(None))
        return {row.key: (row.digest, row.since) for row in await conn.execute(query)}

    async def add(self, conn: AsyncConnection, entries: Sequence[Suspension], day: date, version: int) -> None:
        """Write suspensions that the list has from a day on."""
        rows = [
            {**_shared(e), "id": new_id(), "applies_to_import": e.applies_to_import, "since": day, "version": version}
            for e in entries
        ]
        await conn.execute(many(suspensions, SUSPENSION), columns(rows, SUSPENSION))

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End suspensions on a day: the list has them until the day before."""
        c = suspensions.c
        later = or_(c.until.is_(None), c.until > day)
        await conn.execute(update(suspensions).where(c.key.in_(ids), later).values(until=day))

    async def unseen(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Answer what the list has beyond a day and is not among those seen."""
        c = suspensions.c
        query = select(c.key, c.country, c.taxon).where(or_(c.until.is_(None), c.until > day))
        return {row.key: f"{row.country} {row.taxon}" for row in await conn.execute(query) if row.key not in seen}

    async def settle(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Nothing else follows from a load."""

    async def meanwhile(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Nothing that happens at the same moment has to know of it."""


class Quotas:
    """The list of quotas, as the action of loading sees it; one that changes stays the same quota."""

    name = "quotas"
    own = False

    def digest(self, entry: Quota) -> str:
        """Answer what tells whether a quota is as it was."""
        return digest(entry)

    async def standing(self, conn: AsyncConnection, ids: Collection[str]) -> Standing:
        """Answer the digests of those that the list has; a quota says itself from when to when it holds."""
        c = quotas.c
        query = select(c.key, c.digest).where(c.key.in_(ids), c.ended_on.is_(None))
        return {row.key: (row.digest, date.min) for row in await conn.execute(query)}

    async def add(self, conn: AsyncConnection, entries: Sequence[Quota], day: date, version: int) -> None:
        """Write quotas, those that are here already in their place."""
        rows = [
            {
                **_shared(entry),
                "id": uuid5(QUOTAS, entry.identity),
                "unit": entry.unit,
                "amount": entry.amount,
                "version": version,
                "sequence": 0,
                "told": 0,
            }
            for entry in sorted(entries, key=lambda entry: uuid5(QUOTAS, entry.identity))
        ]
        before = {row["id"] for row in rows} & await _known(conn, [row["id"] for row in rows])
        await conn.execute(many(quotas, QUOTA, ending=QUOTA_AGAIN), columns(rows, QUOTA))
        were = [
            {
                "quota_id": row["id"],
                "version": version,
                "since": day if row["id"] in before else min(day, row["starts"]),
                "amount": row["amount"],
                "note": row["note"],
            }
            for row in rows
        ]
        await conn.execute(many(quota_amounts, AMOUNT), columns(were, AMOUNT))

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End quotas on a day; one that is only different is written in its place after."""
        await conn.execute(update(quotas).where(quotas.c.key.in_(ids)).values(ended_on=day))

    async def unseen(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Answer what the list has and is not among those seen."""
        c = quotas.c
        query = select(c.key, c.country, c.taxon).where(c.ended_on.is_(None))
        return {row.key: f"{row.country} {row.taxon}" for row in await conn.execute(query) if row.key not in seen}

    async def settle(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Let the permits that were issued before take their part of what is new."""
        await quota_usage.catch_up(conn, version, at)

    async def meanwhile(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Let the permits that were being issued while the list was loaded take their part too.

        No other load is under way by then: it would wait for issuers here, and this one for what it has written.
        """
        await reference_loads.begin(conn, self.name)
        await quota_usage.wait_for_issuers(conn)
        await quota_usage.catch_up(conn, version, at)
