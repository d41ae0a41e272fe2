"""All that waits for one endpoint, step by step, so that nobody waits for who holds a million of its lanes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_USE_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('enable_sort', 'off', true)
""")
"""A step reads on along the index from where the last one ended; to sort all that waits each time would be the plan
while PostgreSQL has not counted what came just now."""
_NEXT_QUEUES = """
    SELECT subject FROM lanes WHERE endpoint_id = :endpoint AND subject > :after
    ORDER BY subject LIMIT :most FOR UPDATE
"""
"""Lanes are locked in one order everywhere."""
_RESUME = text(f"""
    WITH l AS MATERIALIZED ({_NEXT_QUEUES}), woken AS (
        UPDATE lanes SET due_at = :at
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM l))
              AND claim IS NULL AND due_at > :at
    )
    SELECT max(subject) FROM l
""")  # noqa: S608
_DELETE_QUEUES = text(f"""
    WITH l AS MATERIALIZED ({_NEXT_QUEUES}), cleared AS (
        DELETE FROM lanes WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM l))
    )
    SELECT max(subject) FROM l
""")  # noqa: S608
_DROP_DELIVERIES = text("""
    UPDATE deliveries SET status = 'dropped', settled_at = :at WHERE id = ANY (ARRAY(
        SELECT id FROM deliveries WHERE endpoint_id = :endpoint AND status = 'pending' LIMIT :most
    ))
""")
_DELETED_WITH_BACKLOG = text("""
    SELECT id FROM endpoints e WHERE status = 'deleted' AND (
        EXISTS (SELECT FROM lanes WHERE endpoint_id = e.id)
        OR EXISTS (SELECT FROM deliveries WHERE endpoint_id = e.id AND status = 'pending')
    ) ORDER BY id
""")


async def resume(conn: AsyncConnection, endpoint: UUID, *, after: str, at: datetime, limit: int) -> str | None:
    """Let the next `limit` lanes after a subject go at once that wait for their next attempt; answers the last one."""
    given = {"endpoint": endpoint, "after": after, "at": at, "most": limit}
    await conn.execute(_USE_INDEX)
    last: str | None = (await conn.execute(_RESUME, given)).scalar_one()
    return last


async def delete_queues(conn: AsyncConnection, endpoint: UUID, *, limit: int) -> bool:
    """Forget some lanes of an endpoint that is no more; answers whether there were any."""
    await conn.execute(_USE_INDEX)
    return (
        await conn.execute(_DELETE_QUEUES, {"endpoint": endpoint, "after": "", "most": limit})
    ).scalar_one() is not None


async def drop_deliveries(conn: AsyncConnection, endpoint: UUID, *, at: datetime, limit: int) -> bool:
    """Drop some of what is pending for an endpoint that is no more; answers whether there was any."""
    await conn.execute(_USE_INDEX)
    return (await conn.execute(_DROP_DELIVERIES, {"endpoint": endpoint, "at": at, "most": limit})).rowcount > 0


async def list_deleted_with_backlog(conn: AsyncConnection) -> Sequence[UUID]:
    """Answer the endpoints that are no more and still have something waiting."""
    return list((await conn.execute(_DELETED_WITH_BACKLOG)).scalars())
