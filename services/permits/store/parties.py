"""The copy of the parties, from which permits knows the countries that have an authority on the hub."""

import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from shared.contracts.parties import Party
from shared.database import bulk_insert, column_arrays

PARTY_COLUMNS = ("id", "version", "country", "roles", "disabled")
ON_CONFLICT = """ON CONFLICT (id) DO UPDATE
SET version = excluded.version, country = excluded.country, roles = excluded.roles, disabled = excluded.disabled
WHERE parties.version < excluded.version"""


async def upsert(conn: AsyncConnection, parties: Iterable[Party]) -> None:
    """Store changed parties. A version that is older than the stored one is ignored."""
    newest = {p.id: p for p in sorted(parties, key=lambda p: p.version)}
    rows = [
        {"id": p.id, "version": p.version, "country": p.country, "roles": json.dumps(p.roles), "disabled": p.disabled}
        for p in sorted(newest.values(), key=lambda p: p.id)
    ]
    if rows:
        await conn.execute(
            bulk_insert(t.parties, PARTY_COLUMNS, suffix=ON_CONFLICT), column_arrays(rows, PARTY_COLUMNS)
        )


async def has_authority(conn: AsyncConnection, country: str) -> bool:
    """Return whether a country has a Management Authority on the hub."""
    c = t.parties.c
    query = select(c.id).where(c.country == country, c.disabled.is_(False), c.roles.has_key("authority")).limit(1)
    return (await conn.execute(query)).first() is not None
