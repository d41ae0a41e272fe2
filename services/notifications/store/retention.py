"""What is over goes, by functions of the database that cannot be talked into more: the runner may delete none of it."""

from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = text("SELECT last_position, deleted FROM delete_expired_events(:retention, :after, :row_limit)")
_DELIVERIES = text("SELECT last_position, deleted FROM delete_expired_deliveries(:retention, :after, :row_limit)")
_COMMANDS = text("SELECT delete_expired_commands(:row_limit)")


async def delete_expired_events(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int | None, int]:
    """Delete, of the next `limit` events after a position, those older than `retention` of which nothing is to be
    delivered.

    Answers up to where it looked, None when there is nothing left to look at, and how many went. What is younger than
    30 days stays, whatever is asked.
    """
    return await _run_step(conn, _EVENTS, retention, after, limit)


async def delete_expired_deliveries(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int | None, int]:
    """Delete in the same steps the deliveries that ended well, or were dropped, longer ago than `retention`."""
    return await _run_step(conn, _DELIVERIES, retention, after, limit)


async def delete_expired_commands(conn: AsyncConnection, *, limit: int) -> int:
    """Delete commands older than eight days; answers how many."""
    return int((await conn.execute(_COMMANDS, {"row_limit": limit})).scalar_one())


async def _run_step(
    conn: AsyncConnection, step: TextClause, retention: timedelta, after: int, limit: int
) -> tuple[int | None, int]:
    row = (await conn.execute(step, {"retention": retention, "after": after, "row_limit": limit})).one()
    return row.last_position, row.deleted
