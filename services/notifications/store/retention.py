"""What is over goes, by functions of the database that cannot be talked into more: the runner may delete none of it."""

from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = text("SELECT last_position, deleted FROM delete_expired_events(:retention, :after, :row_limit)")
_DELIVERIES = text("SELECT last_position, deleted FROM delete_expired_deliveries(:retention, :after, :row_limit)")


async def delete_expired_events(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete, of the next `limit` events after a position, those older than `retention` of which nothing is to be
    delivered.

    Return their number, and the last position of the step (None: no event is left). Events that are younger than 30
    days stay, whatever the retention is.
    """
    return await _run_step(conn, _EVENTS, retention, after, limit)


async def delete_expired_deliveries(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete in the same steps the deliveries that ended well, or were dropped, longer ago than `retention`."""
    return await _run_step(conn, _DELIVERIES, retention, after, limit)


async def _run_step(
    conn: AsyncConnection, step: TextClause, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    row = (await conn.execute(step, {"retention": retention, "after": after, "row_limit": limit})).one()
    return row.deleted, row.last_position
