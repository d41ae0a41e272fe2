"""The backlog of one endpoint, in small steps: no step locks a million delivery queues at once."""

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
    SELECT subject FROM delivery_queues WHERE endpoint_id = :endpoint AND subject > :after
    ORDER BY subject LIMIT :row_limit FOR UPDATE
"""
"""Delivery queues are locked in one order everywhere."""
_RESUME = text(f"""
    WITH next_queues AS MATERIALIZED ({_NEXT_QUEUES}), resumed AS (
        UPDATE delivery_queues SET due_at = :at
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM next_queues))
              AND claim IS NULL AND due_at > :at
    )
    SELECT max(subject) FROM next_queues
""")  # noqa: S608
_DELETE_QUEUES = text(f"""
    WITH next_queues AS MATERIALIZED ({_NEXT_QUEUES}), deleted AS (
        DELETE FROM delivery_queues
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM next_queues))
    )
    SELECT max(subject) FROM next_queues
""")  # noqa: S608
_DROP_DELIVERIES = text("""
    UPDATE deliveries SET status = 'dropped', settled_at = :at WHERE id = ANY (ARRAY(
        SELECT id FROM deliveries WHERE endpoint_id = :endpoint AND status = 'pending' LIMIT :row_limit
    ))
""")
_DELETED_WITH_BACKLOG = text("""
    SELECT id FROM endpoints e WHERE status = 'deleted' AND (
        EXISTS (SELECT FROM delivery_queues WHERE endpoint_id = e.id)
        OR EXISTS (SELECT FROM deliveries WHERE endpoint_id = e.id AND status = 'pending')
    ) ORDER BY id
""")


async def resume(conn: AsyncConnection, endpoint_id: UUID, *, after: str, at: datetime, limit: int) -> str | None:
    """Make the next `limit` queues after a subject due now, if they wait for an attempt; return the last subject."""
    given = {"endpoint": endpoint_id, "after": after, "at": at, "row_limit": limit}
    await conn.execute(_USE_INDEX)
    last: str | None = (await conn.execute(_RESUME, given)).scalar_one()
    return last


async def delete_queues(conn: AsyncConnection, endpoint_id: UUID, *, limit: int) -> bool:
    """Delete some delivery queues of a deleted endpoint; return whether there were any."""
    await conn.execute(_USE_INDEX)
    return (
        await conn.execute(_DELETE_QUEUES, {"endpoint": endpoint_id, "after": "", "row_limit": limit})
    ).scalar_one() is not None


async def drop_deliveries(conn: AsyncConnection, endpoint_id: UUID, *, at: datetime, limit: int) -> bool:
    """Drop some of what is pending for an endpoint that is no more; answers whether there was any."""
    await conn.execute(_USE_INDEX)
    return (await conn.execute(_DROP_DELIVERIES, {"endpoint": endpoint_id, "at": at, "row_limit": limit})).rowcount > 0


async def list_deleted_with_backlog(conn: AsyncConnection) -> Sequence[UUID]:
    """Answer the endpoints that are no more and still have something waiting."""
    return list((await conn.execute(_DELETED_WITH_BACKLOG)).scalars())
