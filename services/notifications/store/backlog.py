"""The backlog of one endpoint, in small steps, so that no step locks a million delivery queues at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import DELIVERY_IS_PENDING, deliveries, delivery_queues, endpoints

_USE_INDEX = select(
    func.set_config("enable_seqscan", "off", True),
    func.set_config("enable_bitmapscan", "off", True),
    func.set_config("enable_sort", "off", True),
)
"""A step reads along the index from the end of the last step.

Without statistics of the latest rows, PostgreSQL would sort the whole backlog in each step.
"""
_NEXT_QUEUES = """
    SELECT subject FROM delivery_queues WHERE endpoint_id = :endpoint AND subject > :after
    ORDER BY subject LIMIT :row_limit FOR UPDATE
"""
"""All transactions lock delivery queues in this order."""
# Raw: one statement locks the next queues in order and changes them, and its plan follows the primary key.
_RESUME = text(f"""
    WITH next_queues AS MATERIALIZED ({_NEXT_QUEUES}), resumed AS (
        UPDATE delivery_queues SET due_at = :at
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM next_queues))
              AND claim IS NULL AND due_at > :at
    )
    SELECT max(subject) FROM next_queues
""")  # noqa: S608
# Raw: as above, one statement locks the queues in order and deletes them.
_DELETE_QUEUES = text(f"""
    WITH next_queues AS MATERIALIZED ({_NEXT_QUEUES}), deleted AS (
        DELETE FROM delivery_queues
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM next_queues))
    )
    SELECT max(subject) FROM next_queues
""")  # noqa: S608
# Raw: the plan depends on ARRAY(…), which finds the ids first, and then each row by its key.
_DROP_DELIVERIES = text("""
    UPDATE deliveries SET status = 'dropped', settled_at = :at WHERE id = ANY (ARRAY(
        SELECT id FROM deliveries WHERE endpoint_id = :endpoint AND status = 'pending' LIMIT :row_limit
    ))
""")


async def resume(conn: AsyncConnection, endpoint_id: UUID, *, after: str, at: datetime, limit: int) -> str | None:
    """Make the next `limit` queues after a subject due now, if they wait for an attempt. Return the last subject."""
    given = {"endpoint": endpoint_id, "after": after, "at": at, "row_limit": limit}
    await conn.execute(_USE_INDEX)
    last: str | None = (await conn.execute(_RESUME, given)).scalar_one()
    return last


async def delete_queues(conn: AsyncConnection, endpoint_id: UUID, *, limit: int) -> bool:
    """Delete up to `limit` delivery queues of a deleted endpoint. Return whether there were any."""
    await conn.execute(_USE_INDEX)
    given = {"endpoint": endpoint_id, "after": "", "row_limit": limit}
    return (await conn.execute(_DELETE_QUEUES, given)).scalar_one() is not None


async def drop_deliveries(conn: AsyncConnection, endpoint_id: UUID, *, at: datetime, limit: int) -> bool:
    """Drop up to `limit` pending deliveries of a deleted endpoint. Return whether there were any."""
    await conn.execute(_USE_INDEX)
    given = {"endpoint": endpoint_id, "at": at, "row_limit": limit}
    return (await conn.execute(_DROP_DELIVERIES, given)).rowcount > 0


async def list_deleted_with_backlog(conn: AsyncConnection) -> Sequence[UUID]:
    """Return the deleted endpoints that still have a queue or a pending delivery."""
    c = endpoints.c
    has_queue = exists().where(delivery_queues.c.endpoint_id == c.id)
    has_delivery = exists().where(deliveries.c.endpoint_id == c.id, DELIVERY_IS_PENDING)
    query = select(c.id).where(c.status == "deleted", or_(has_queue, has_delivery)).order_by(c.id)
    return list((await conn.execute(query)).scalars())
