"""All that waits for one endpoint, step by step, so that nobody waits for who holds a million of its lanes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_BY_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('enable_sort', 'off', true)
""")
"""A step reads on along the index from where the last one ended; to sort all that waits each time would be the plan
while PostgreSQL has not counted what came just now."""
_NEXT = """
    SELECT subject FROM lanes WHERE endpoint_id = :endpoint AND subject > :after
    ORDER BY subject LIMIT :most FOR UPDATE
"""
"""Lanes are locked in one order everywhere."""
_WAKE = text(f"""
    WITH l AS MATERIALIZED ({_NEXT}), woken AS (
        UPDATE lanes SET due_at = :at
        WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM l))
              AND claim IS NULL AND due_at > :at
    )
    SELECT max(subject) FROM l
""")  # noqa: S608
_CLEAR = text(f"""
    WITH l AS MATERIALIZED ({_NEXT}), cleared AS (
        DELETE FROM lanes WHERE endpoint_id = :endpoint AND subject = ANY (ARRAY(SELECT subject FROM l))
    )
    SELECT max(subject) FROM l
""")  # noqa: S608
_DROP = text("""
    UPDATE deliveries SET status = 'dropped', settled_at = :at WHERE id = ANY (ARRAY(
        SELECT id FROM deliveries WHERE endpoint_id = :endpoint AND status = 'pending' LIMIT :most
    ))
""")
_LEFT = text("""
    SELECT id FROM endpoints e WHERE status = 'deleted' AND (
        EXISTS (SELECT FROM lanes WHERE endpoint_id = e.id)
        OR EXISTS (SELECT FROM deliveries WHERE endpoint_id = e.id AND status = 'pending')
    ) ORDER BY id
""")


async def wake(conn: AsyncConnection, endpoint: UUID, *, after: str, at: datetime, most: int) -> str | None:
    """Let the next `most` lanes after a subject go at once that wait for their next attempt; answers the last one."""
    given = {"endpoint": endpoint, "after": after, "at": at, "most": most}
    await conn.execute(_BY_INDEX)
    last: str | None = (await conn.execute(_WAKE, given)).scalar_one()
    return last


async def clear(conn: AsyncConnection, endpoint: UUID, *, most: int) -> bool:
    """Forget some lanes of an endpoint that is no more; answers whether there were any."""
    await conn.execute(_BY_INDEX)
    return (await conn.execute(_CLEAR, {"endpoint": endpoint, "after": "", "most": most})).scalar_one() is not None


async def drop(conn: AsyncConnection, endpoint: UUID, *, at: datetime, most: int) -> bool:
    """Drop some of what is pending for an endpoint that is no more; answers whether there was any."""
    await conn.execute(_BY_INDEX)
    return (await conn.execute(_DROP, {"endpoint": endpoint, "at": at, "most": most})).rowcount > 0


async def left_behind(conn: AsyncConnection) -> Sequence[UUID]:
    """Answer the endpoints that are no more and still have something waiting."""
    return list((await conn.execute(_LEFT)).scalars())
