"""The deletion of expired rows by functions of the database.

The functions check the retention themselves, and the runner role has no other right to delete.
"""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = text("SELECT last_position, deleted FROM delete_expired_events(:retention, :after, :row_limit)")
# Raw: ARRAY(…) finds the ids first, and then each row by its key.
_DROP_OF_DISABLED = text("""
    UPDATE deliveries SET status = 'dropped', settled_at = :at WHERE id = ANY (ARRAY(
        SELECT d.id FROM parties p JOIN endpoints n ON n.party_id = p.id
               JOIN deliveries d ON d.endpoint_id = n.id AND d.status = 'pending' AND d.created_at < :before
        WHERE p.disabled LIMIT :row_limit
    ))
""")
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


async def drop_deliveries_of_disabled_parties(
    conn: AsyncConnection, *, before: datetime, at: datetime, limit: int
) -> int:
    """Drop up to `limit` deliveries that wait since before a time because their party is disabled. Return how many."""
    given = {"before": before, "at": at, "row_limit": limit}
    return (await conn.execute(_DROP_OF_DISABLED, given)).rowcount


async def _run_step(
    conn: AsyncConnection, step: TextClause, retention: timedelta, after: int, limit: int
) -> tuple[int, int | None]:
    row = (await conn.execute(step, {"retention": retention, "after": after, "row_limit": limit})).one()
    return row.deleted, row.last_position
