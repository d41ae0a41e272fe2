"""How the telling goes, counted over all workers: what was sent in time, what waits, what was given up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.rate_limits import MAX_COOLDOWN

MAX_COUNTED = 50_000
"""Letters that are looked at: enough for a share, and little enough to count within a fraction of a second."""
_ON_TIME = text("""
    WITH recent AS (
        SELECT d.id, e.at
        FROM deliveries d JOIN events e ON e.position = d.position
             JOIN endpoints n ON n.id = d.endpoint_id AND n.status = 'active'
        WHERE d.position >= (SELECT min(position) FROM events WHERE at >= :since)
          AND e.at >= :since AND e.at <= :until AND d.status <> 'dropped'
          AND NOT EXISTS (SELECT FROM failure_streaks f WHERE f.endpoint_id = d.endpoint_id AND f.since <= e.at)
        ORDER BY d.position DESC LIMIT :row_limit
    )
    SELECT count(*) AS due, count(*) FILTER (
        WHERE (SELECT min(a.at) FROM attempts a WHERE a.delivery_id = r.id) <= r.at + CAST(:limit AS interval)
    ) AS on_time
    FROM recent r
""")
_BACKLOG = text("""
    SELECT n.status, sum(w.letters)::bigint AS letters, min(e.at) AS oldest
    FROM (
        SELECT endpoint_id, count(*) AS letters, min(position) AS first
        FROM deliveries WHERE status = 'pending' GROUP BY endpoint_id
    ) w JOIN endpoints n ON n.id = w.endpoint_id JOIN events e ON e.position = w.first
    GROUP BY n.status
""")
_ENDPOINTS = text("SELECT status, count(*) FROM endpoints WHERE status <> 'deleted' GROUP BY status")
_ENDPOINT_STATES = text("""
    SELECT (SELECT count(*) FROM failure_streaks f JOIN endpoints n ON n.id = f.endpoint_id
            WHERE n.status IN ('active', 'pending')) AS failing,
           (SELECT count(*) FROM rate_limits r JOIN endpoints n ON n.id = r.endpoint_id
            WHERE n.status IN ('active', 'pending') AND r.cooldown_until > :at
              AND r.cooldown_until <= CAST(:at AS timestamptz) + CAST(:max_cooldown AS interval)) AS in_cooldown,
           (SELECT count(*) FROM delivery_queues WHERE claim IS NOT NULL AND due_at > :at) AS in_flight
""")
_TOTALS = text("""
    SELECT (SELECT position FROM feed_counter) AS received,
           (SELECT count(*) FROM events WHERE position IS NULL) AS without_position,
           (SELECT count(*) FROM deliveries WHERE status = 'given_up') AS given_up
""")


async def count_on_time(
    conn: AsyncConnection, *, since: datetime, until: datetime, limit: timedelta
) -> tuple[int, int]:
    """Answer how many letters were due about events of a span of time, and how many of them were sent in time.

    An endpoint that did nothing but fail before is left out, and one that is paused: what waits there, waits for them.
    """
    given = {"since": since, "until": until, "limit": limit, "row_limit": MAX_COUNTED}
    row = (await conn.execute(_ON_TIME, given)).one()
    return row.due, row.on_time


async def backlog_by_status(conn: AsyncConnection) -> Sequence[RowMapping]:
    """Answer the letters that wait, by the status of their endpoint: status, letters, oldest."""
    return (await conn.execute(_BACKLOG)).mappings().all()


async def count_endpoints(conn: AsyncConnection) -> dict[str, int]:
    """Answer how many endpoints there are of each status."""
    return {row[0]: row[1] for row in await conn.execute(_ENDPOINTS)}


async def count_endpoint_states(conn: AsyncConnection, *, at: datetime) -> RowMapping:
    """Answer how many endpoints do nothing but fail, how many asked for rest, and the letters on their way now."""
    return (await conn.execute(_ENDPOINT_STATES, {"at": at, "max_cooldown": MAX_COOLDOWN})).mappings().one()


async def count_totals(conn: AsyncConnection) -> RowMapping:
    """Answer events taken in since ever, those held for a predecessor, and deliveries given up."""
    return (await conn.execute(_TOTALS)).mappings().one()
