"""The copy of the gateway's mandates in another service: which traders an agent represents today, in UTC."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Index,
    MetaData,
    Table,
    Uuid,
    and_,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.messages import MandateCopy
from shared.database import bulk_insert, column_arrays

COLUMNS = ("id", "trader_id", "agent_id", "first_day", "last_day", "active", "revision")
ON_CONFLICT = """ON CONFLICT (id) DO UPDATE SET active = excluded.active, revision = excluded.revision
WHERE mandates.revision < excluded.revision"""
TODAY_SQL = "CAST(timezone('UTC', now()) AS date)"
"""The present day of the database, in UTC. No message arrives when a day passes, so each use compares the days."""
VALID_TODAY_SQL = f"m.active AND m.first_day <= {TODAY_SQL} AND m.last_day >= {TODAY_SQL}"
"""The same condition as `is_valid_today` on a row `m` of mandates, for statements in SQL."""


def mandates_table(metadata: MetaData) -> Table:
    """Return the table of the copied mandates. Each service that stores a copy has one, with the same columns."""
    return Table(
        "mandates",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("trader_id", Uuid, nullable=False),
        Column("agent_id", Uuid, nullable=False),
        Column("first_day", Date, nullable=False),
        Column("last_day", Date, nullable=False),
        Column("active", Boolean, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Index("mandates_agent", "agent_id", "trader_id"),
    )


async def upsert(conn: AsyncConnection, mandates: Table, copies: Iterable[MandateCopy]) -> None:
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


def is_valid_today(mandates: Table) -> ColumnElement[bool]:
    """Return the condition on mandates that are valid today: accepted, not revoked, and today is one of their days."""
    c, today = mandates.c, cast(func.timezone("UTC", func.now()), Date)
    return and_(c.active, c.first_day <= today, c.last_day >= today)


async def list_representing(
    conn: AsyncConnection, mandates: Table, pairs: Collection[tuple[UUID, UUID]]
) -> frozenset[tuple[UUID, UUID]]:
    """Return which of these pairs of agent and trader have a mandate that is valid today."""
    if not pairs:
        return frozenset()
    c = mandates.c
    is_wanted = tuple_(c.agent_id, c.trader_id).in_(sorted(pairs))
    rows = await conn.execute(select(c.agent_id, c.trader_id).where(is_wanted, is_valid_today(mandates)))
    return frozenset((row.agent_id, row.trader_id) for row in rows)


async def list_page(conn: AsyncConnection, mandates: Table, *, after: UUID | None, limit: int) -> list[MandateCopy]:
    """List the mandates after an id whose last day has not passed, in the order of their ids."""
    c = mandates.c
    query = select(mandates).where(c.last_day >= cast(func.timezone("UTC", func.now()), Date))
    rows = await conn.execute((query if after is None else query.where(c.id > after)).order_by(c.id).limit(limit))
    return [
        MandateCopy(
            id=row.id,
            trader=row.trader_id,
            agent=row.agent_id,
            first_day=row.first_day,
            last_day=row.last_day,
            active=row.active,
            revision=row.revision,
        )
        for row in rows
    ]
