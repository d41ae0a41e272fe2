"""Work that waits in PostgreSQL: the columns of a letter, and the statements that lease it, settle it, put it off.

A letter is a row of any table with these columns. A lease is its `due_at` moved ahead: a courier that dies loses
nothing, for the letter is due again when its lease ends (at most 30 s).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    RowMapping,
    Table,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncConnection

LEASE_DURATION = timedelta(seconds=20)


def outbox_columns(index_name: str) -> tuple[Any, ...]:
    """Answer the columns that make a row a letter, and the index (named `index_name`) that finds the due ones."""
    due = Column("due_at", DateTime(timezone=True), nullable=False)
    attempts = Column("attempts", Integer, nullable=False, server_default="0")
    settled = Column("settled_at", DateTime(timezone=True), nullable=True)
    return due, attempts, settled, Index(index_name, due, postgresql_where=settled.is_(None))


async def lease(
    conn: AsyncConnection, table: Table, *, at: datetime, limit: int, condition: ColumnElement[bool] | None = None
) -> Sequence[RowMapping]:
    """Take up to `limit` due letters for the length of a lease, oldest due first, skipping what others hold.

    `condition` narrows them, where one table holds letters of several trips.
    """
    due = (
        select(table.c.id)
        .where(table.c.settled_at.is_(None), table.c.due_at <= at, *([] if condition is None else [condition]))
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = (
        update(table)
        .where(table.c.id == due.c.id)
        .values(due_at=at + LEASE_DURATION, attempts=table.c.attempts + 1)
        .returning(*table.c)
    )
    return (await conn.execute(leased)).mappings().all()


async def settle(conn: AsyncConnection, table: Table, ids: Sequence[UUID], *, at: datetime) -> None:
    """Mark letters as delivered; one that was settled before keeps its first time."""
    await conn.execute(update(table).where(_id_in(table, ids), table.c.settled_at.is_(None)).values(settled_at=at))


async def reschedule(conn: AsyncConnection, table: Table, ids: Sequence[UUID], *, due_at: datetime) -> None:
    """Give leases back: the letters are due again at `due_at`."""
    await conn.execute(update(table).where(_id_in(table, ids), table.c.settled_at.is_(None)).values(due_at=due_at))


def _id_in(table: Table, ids: Sequence[UUID]) -> Any:
    return table.c.id == func.any(bindparam("ids", list(ids), ARRAY(PgUuid)))


async def read_backlog(
    conn: AsyncConnection, table: Table, since_column: Column[datetime]
) -> tuple[int, datetime | None]:
    """Answer how many letters are not settled, and the earliest `since_column` among them."""
    query = select(func.count().label("number"), func.min(since_column).label("oldest"))
    row = (await conn.execute(query.where(table.c.settled_at.is_(None)))).one()
    return row.number, row.oldest
