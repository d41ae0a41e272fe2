"""The deletion of expired rows by functions of the database.

The functions check the retention themselves, and the runner role has no other right to delete.
"""

from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = text("SELECT last_position, deleted FROM delete_expired_events(:retention, :after, :row_limit)")
_DELIVERIES = text("SELECT last_position, deleted FROM delete_expired_deliveries(:retention, :after, :row_limit)")


async def delete_expired_events(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete those of the next `limit` events that are older than `retention` and have no pending delivery.

    The events after the position `after` are next. Return the number of deleted events, and the last position of the
    step (None: no event is left). Events that are younger than 30 days stay, whatever the retention is.
    """
    return await _run_step(conn, _EVENTS, retention, after, limit)


async def delete_expired_deliveries(
    conn: AsyncConnection, *, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    """Delete in the same steps the deliveries that succeeded or were dropped longer ago than `retention`."""
    return await _run_step(conn, _DELIVERIES, retention, after, limit)


async def _run_step(
    conn: AsyncConnection, step: TextClause, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    row = (await conn.execute(step, {"retention": retention, "after": after, "row_limit": limit})).one()
    return row.deleted, row.last_position
