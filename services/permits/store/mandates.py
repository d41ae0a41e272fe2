"""The copy of the mandates: which traders an agent represents today, in UTC."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import mandates
from shared.contracts.messages import MandateCopy
from shared.database import bulk_insert, column_arrays

COLUMNS = ("id", "trader_id", "agent_id", "first_day", "last_day", "active", "revision")
ON_CONFLICT = """ON CONFLICT (id) DO UPDATE SET active = excluded.active, revision = excluded.revision
WHERE mandates.revision < excluded.revision"""
TODAY = cast(func.timezone("UTC", func.now()), Date)


async def upsert(conn: AsyncConnection, copies: Iterable[MandateCopy]) -> None:
    """Store changed mandates. A revision that is older than the stored one is ignored."""
    newest = {copy.id: copy for copy in sorted(copies, key=lambda copy: copy.revision)}
    rows = [
        {
            "id": copy.id,
            "trader_id": copy.trader,
            "agent_id": copy.agent,
            "first_day": copy.first_day,
            "last_day": copy.last_day,
            "active": copy.active,
            "revision": copy.revision,
        }
        for copy in sorted(newest.values(), key=lambda copy: copy.id)
    ]
    if rows:
        await conn.execute(bulk_insert(mandates, COLUMNS, suffix=ON_CONFLICT), column_arrays(rows, COLUMNS))


def is_valid_today() -> ColumnElement[bool]:
    """Return the condition on mandates that are valid today: accepted, not revoked, and today is one of their days."""
    c = mandates.c
    return and_(c.active, c.first_day <= TODAY, c.last_day >= TODAY)


def represented_traders(agent: UUID) -> Select[tuple[UUID]]:
    """Return the query of the traders that an agent represents today."""
    return select(mandates.c.trader_id).where(mandates.c.agent_id == agent, is_valid_today())


async def list_representing(
    conn: AsyncConnection, pairs: Collection[tuple[UUID, UUID]]
) -> frozenset[tuple[UUID, UUID]]:
    """Return which of these pairs of agent and trader have a mandate that is valid today."""
    if not pairs:
        return frozenset()
    c = mandates.c
    query = select(c.agent_id, c.trader_id).where(tuple_(c.agent_id, c.trader_id).in_(sorted(pairs)), is_valid_today())
    return frozenset((row.agent_id, row.trader_id) for row in await conn.execute(query))
