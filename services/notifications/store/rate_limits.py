"""How fast endpoints may be sent to: limits of their own, held across all workers, and rests that they asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_COOLDOWN = timedelta(hours=1)
"""The longest rest of a whole endpoint; a single letter waits as long as it was told."""

_LOCK_DUE = text("""
    SELECT p.endpoint_id, p.free_at, e.rate_limit
    FROM paces p JOIN endpoints e ON e.id = p.endpoint_id AND e.rate_limit IS NOT NULL
    WHERE e.status IN ('active', 'pending')
      AND EXISTS (SELECT FROM lanes l WHERE l.endpoint_id = e.id AND l.due_at <= :at)
    FOR UPDATE OF p SKIP LOCKED
""")
_SET_NEXT_SEND = text("""
    UPDATE paces p SET free_at = g.free_at
    FROM unnest(CAST(:endpoints AS uuid[]), CAST(:free_at AS timestamptz[])) AS g(endpoint_id, free_at)
    WHERE p.endpoint_id = g.endpoint_id
""")
_START_COOLDOWN = text("""
    INSERT INTO paces (endpoint_id, rests_until) VALUES (:endpoint, :until)
    ON CONFLICT (endpoint_id) DO UPDATE SET rests_until = excluded.rests_until
""")
_END_COOLDOWN = text("UPDATE paces SET rests_until = NULL WHERE endpoint_id = :endpoint")


async def lock_due(conn: AsyncConnection, *, at: datetime) -> dict[UUID, tuple[int, datetime | None]]:
    """Hold the paces of limited endpoints that have something due: letters a second, and when the next may go.

    One that another worker holds at this moment is not in the answer: it is that worker's turn.
    """
    rows = await conn.execute(_LOCK_DUE, {"at": at})
    return {row.endpoint_id: (row.rate_limit, row.free_at) for row in rows}


async def set_next_send(conn: AsyncConnection, next_send_at: Mapping[UUID, datetime]) -> None:
    """Write when the next letter may go to each of these endpoints, whose paces are held."""
    if next_send_at:
        await conn.execute(_SET_NEXT_SEND, {"endpoints": list(next_send_at), "free_at": list(next_send_at.values())})


async def start_cooldown(conn: AsyncConnection, endpoint: UUID, *, until: datetime) -> None:
    """Send an endpoint nothing until then."""
    await conn.execute(_START_COOLDOWN, {"endpoint": endpoint, "until": until})


async def end_cooldown(conn: AsyncConnection, endpoint: UUID) -> None:
    """End an endpoint's rest."""
    await conn.execute(_END_COOLDOWN, {"endpoint": endpoint})
