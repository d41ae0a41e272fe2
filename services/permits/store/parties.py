"""The copy of the parties, from which permits knows the countries that have an authority on the hub."""

import json
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Party
from shared.database import bulk_insert, column_arrays

PARTY_COLUMNS = ("id", "version", "country", "roles", "disabled")
ON_CONFLICT = """ON CONFLICT (id) DO UPDATE
SET version = excluded.version, country = excluded.country, roles = excluded.roles, disabled = excluded.disabled
WHERE parties.version < excluded.version"""


AUTHORITIES_LOCK = 0x5A01D
"""The advisory lock on the set of countries that have an authority on the hub.

A transaction with a power that ends when an authority joins shares it. The storing of an authority takes it
exclusively. So after an authority was stored, no other country uses such a power on an earlier reading.
"""


async def upsert(conn: AsyncConnection, parties: Iterable[Party]) -> None:
    """Store changed parties. A version that is older than the stored one is ignored."""
    newest = {p.id: p for p in sorted(parties, key=lambda p: p.version)}
    rows = [
        {"id": p.id, "version": p.version, "country": p.country, "roles": json.dumps(p.roles), "disabled": p.disabled}
        for p in sorted(newest.values(), key=lambda p: p.id)
    ]
    if any(Role.AUTHORITY in party.roles for party in newest.values()):
        await conn.execute(select(func.pg_advisory_xact_lock(AUTHORITIES_LOCK)))
    if rows:
        await conn.execute(
            bulk_insert(t.parties, PARTY_COLUMNS, suffix=ON_CONFLICT), column_arrays(rows, PARTY_COLUMNS)
        )


async def lock_has_authority(conn: AsyncConnection, country: str) -> bool:
    """Return whether a country has a Management Authority on the hub, active or disabled.

    If it has none, it gets none before the end of the transaction.
    """
    await conn.execute(select(func.pg_advisory_xact_lock_shared(AUTHORITIES_LOCK)))
    c = t.parties.c
    query = select(c.id).where(c.country == country, c.roles.has_key(Role.AUTHORITY.value)).limit(1)
    return (await conn.execute(query)).first() is not None


async def list_versions(conn: AsyncConnection, *, after: UUID | None, limit: int) -> list[tuple[UUID, int]]:
    """List the ids and versions of parties after an id, in the order of ids."""
    c = t.parties.c
    query = select(c.id, c.version).order_by(c.id).limit(limit)
    rows = await conn.execute(query if after is None else query.where(c.id > after))
    return [(row.id, row.version) for row in rows]
