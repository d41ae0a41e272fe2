"""Outbox messages in PostgreSQL: their columns, and the statements that lease, settle and reschedule them.

An outbox message is a row of any table with these columns. A lease moves its `due_at` into the future. If a dispatcher
dies, nothing is lost: the message is due again when its lease ends (at most 30 s).
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
    Update,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

LEASE_DURATION = timedelta(seconds=20)
MAX_WAIT = timedelta(seconds=150)
"""A message is never due later than this: the longest lease or pause, and the largest difference between clocks."""


def outbox_columns(index_name: str) -> tuple[Any, ...]:
    """Return the columns of an outbox message, and the index `index_name` that finds the due messages."""
    due = Column("due_at", DateTime(timezone=True), nullable=False)
    attempts = Column("attempts", Integer, nullable=False, server_default="0")
    settled = Column("settled_at", DateTime(timezone=True), nullable=True)
    return due, attempts, settled, Index(index_name, due, postgresql_where=settled.is_(None))


def lease_statement(
    table: Table, *, condition: ColumnElement[bool] | None = None, content: Sequence[Column[Any]] = ()
) -> ReturningUpdate[tuple[Any, ...]]:
    """Return the statement of `lease`, which a dispatcher builds once.

    `condition` selects among the messages if one table contains those of several outbox routes. `content` are the
    columns whose bytes the lease limits.
    """
    size = sum((func.coalesce(func.octet_length(column), 0) for column in content), start=literal(0))
    due = (
        select(table.c.id, table.c.due_at, size.label("size"))
        .where(table.c.settled_at.is_(None), table.c.due_at <= bindparam("leased_at"))
        .where(*([] if condition is None else [condition]))
        .order_by(table.c.due_at)
        .limit(bindparam("leased_messages", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    before = func.sum(due.c.size).over(order_by=(due.c.due_at, due.c.id)) - due.c.size
    counted = select(due.c.id, due.c.size, before.label("before")).cte("counted")
    fits = or_(counted.c.before == 0, counted.c.before + counted.c.size <= bindparam("leased_bytes", type_=Integer))
    return _leasing(table, update(table).where(table.c.id == counted.c.id, fits))


async def lease(
    conn: AsyncConnection, statement: ReturningUpdate[tuple[Any, ...]], *, at: datetime, limit: int, max_bytes: int
) -> Sequence[RowMapping]:
    """Claim up to `limit` due messages by a lease, the longest due first. Skip those that another dispatcher locked.

    Together they have at most `max_bytes`, except one message that alone has more.
    """
    values = {
        "leased_at": at,
        "leased_until": at + LEASE_DURATION,
        "leased_messages": limit,
        "leased_bytes": max_bytes,
    }
    rows: Sequence[RowMapping] = (await conn.execute(statement, values)).mappings().all()
    return rows


async def lease_again(
    conn: AsyncConnection, table: Table, ids: Sequence[UUID], *, at: datetime
) -> Sequence[RowMapping]:
    """Claim these messages by a new lease, if they are not settled."""
    statement = _leasing(table, update(table).where(_id_in(table, ids), table.c.settled_at.is_(None)))
    rows: Sequence[RowMapping] = (await conn.execute(statement, {"leased_until": at + LEASE_DURATION})).mappings().all()
    return rows


def _leasing(table: Table, these: Update) -> ReturningUpdate[tuple[Any, ...]]:
    return these.values(due_at=bindparam("leased_until"), attempts=table.c.attempts + 1).returning(*table.c)


async def settle(conn: AsyncConnection, table: Table, ids: Sequence[UUID], *, at: datetime) -> None:
    """Mark messages as sent. One that was settled before keeps its first time."""
    await conn.execute(update(table).where(_id_in(table, ids), table.c.settled_at.is_(None)).values(settled_at=at))


async def reschedule(conn: AsyncConnection, table: Table, ids: Sequence[UUID], *, due_at: datetime) -> None:
    """End the leases of messages: they are due again at `due_at`."""
    await conn.execute(update(table).where(_id_in(table, ids), table.c.settled_at.is_(None)).values(due_at=due_at))


async def bound_due_times(conn: AsyncConnection, table: Table, *, at: datetime) -> int:
    """Make messages due that are due later than any lease or pause allows. Return their number.

    A clock that was ahead for a time set them. Their order stays.
    """
    late = select(table.c.id, table.c.due_at).where(table.c.settled_at.is_(None), table.c.due_at > at + MAX_WAIT)
    found = late.with_for_update(skip_locked=True).cte("late")
    before_last = (func.max(found.c.due_at).over() - found.c.due_at).label("before_last")
    ordered = select(found.c.id, before_last).cte("ordered")
    due_at = literal(at, DateTime(timezone=True)) - ordered.c.before_last
    bounded = update(table).where(table.c.id == ordered.c.id).values(due_at=due_at)
    return len((await conn.execute(bounded.returning(table.c.id))).all())


async def send_again(conn: AsyncConnection, table: Table, condition: ColumnElement[bool], *, at: datetime) -> int:
    """Make settled messages due again, because their receiver lost them. Return their number."""
    again = update(table).where(condition, table.c.settled_at.is_not(None))
    result = await conn.execute(again.values(settled_at=None, due_at=at, attempts=0).returning(table.c.id))
    return len(result.all())


def _id_in(table: Table, ids: Sequence[UUID]) -> Any:
    return table.c.id == func.any(bindparam("ids", list(ids), ARRAY(PgUuid)))


async def read_backlog(
    conn: AsyncConnection, table: Table, since_column: Column[datetime]
) -> tuple[int, datetime | None]:
    """Return how many messages are not settled, and the earliest `since_column` among them."""
    query = select(func.count().label("number"), func.min(since_column).label("oldest"))
    row = (await conn.execute(query.where(table.c.settled_at.is_(None)))).one()
    return row.number, row.oldest
