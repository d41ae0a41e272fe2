"""How fast endpoints may be sent to: limits of their own, held across all workers, and rests that they asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_COOLDOWN = timedelta(hours=1)
"""The longest rest of a whole endpoint; a single letter waits as long as it was told."""

_LOCK_DUE = text("""
    SELECT r.endpoint_id, r.next_send_at, e.rate_limit
    FROM rate_limits r JOIN endpoints e ON e.id = r.endpoint_id AND e.rate_limit IS NOT NULL
    WHERE e.status IN ('active', 'pending')
      AND EXISTS (SELECT FROM delivery_queues q WHERE q.endpoint_id = e.id AND q.due_at <= :at)
    FOR UPDATE OF r SKIP LOCKED
""")
_SET_NEXT_SEND = text("""
    UPDATE rate_limits r SET next_send_at = g.next_send_at
    FROM unnest(CAST(:endpoints AS uuid[]), CAST(:next_send_at AS timestamptz[])) AS g(endpoint_id, next_send_at)
    WHERE r.endpoint_id = g.endpoint_id
""")
_START_COOLDOWN = text("""
    INSERT INTO rate_limits (endpoint_id, cooldown_until) VALUES (:endpoint, :until)
    ON CONFLICT (endpoint_id) DO UPDATE SET cooldown_until = excluded.cooldown_until
""")
_END_COOLDOWN = text("UPDATE rate_limits SET cooldown_until = NULL WHERE endpoint_id = :endpoint")


async def lock_due(conn: AsyncConnection, *, at: datetime) -> dict[UUID, tuple[int, datetime | None]]:
    """Lock the rate limits of endpoints with something due: deliveries per second, and when to send the next.

    One that another worker holds at this moment is not in the answer: it is that worker's turn.
    """
    rows = await conn.execute(_LOCK_DUE, {"at": at})
    return {row.endpoint_id: (row.rate_limit, row.next_send_at) for row in rows}


async def set_next_send(conn: AsyncConnection, next_send_at: Mapping[UUID, datetime]) -> None:
    """Write when the next delivery may go to each of these endpoints, whose rate limits are locked."""
    if next_send_at:
        given = {"endpoints": list(next_send_at), "next_send_at": list(next_send_at.values())}
        await conn.execute(_SET_NEXT_SEND, given)


async def start_cooldown(conn: AsyncConnection, endpoint_id: UUID, *, until: datetime) -> None:
    """Send an endpoint nothing until then."""
    await conn.execute(_START_COOLDOWN, {"endpoint": endpoint_id, "until": until})


async def end_cooldown(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """End an endpoint's rest."""
    await conn.execute(_END_COOLDOWN, {"endpoint": endpoint_id})
