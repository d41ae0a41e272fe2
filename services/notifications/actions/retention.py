"""The retention of events and deliveries. An event with a pending delivery stays, however old it is.

The deliveries of a disabled party wait until it is enabled again, but not longer than events are kept.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.store import retention as store
from shared.database import delete_in_steps

STEP = 1000
"""Events checked in one transaction, which takes some milliseconds."""


async def delete_expired_events(engine: AsyncEngine, retention: timedelta, *, step_size: int = STEP) -> int:
    """Delete the events that are older than their retention. Return their number."""

    async def delete_step(conn: AsyncConnection, after: int) -> tuple[int, int | None]:
        return await store.delete_expired_events(conn, retention=retention, after=after, limit=step_size)

    return await delete_in_steps(engine, "events", delete_step)


async def delete_expired_deliveries(engine: AsyncEngine, retention: timedelta, *, step_size: int = STEP) -> int:
    """Delete the deliveries that were settled longer ago than their retention. Return their number."""

    async def delete_step(conn: AsyncConnection, after: int) -> tuple[int, int | None]:
        return await store.delete_expired_deliveries(conn, retention=retention, after=after, limit=step_size)

    return await delete_in_steps(engine, "deliveries", delete_step)


async def drop_deliveries_of_disabled_parties(engine: AsyncEngine, retention: timedelta, *, at: datetime) -> int:
    """Drop the deliveries that wait for a disabled party longer than events are kept. Return their number."""

    async def drop_step(conn: AsyncConnection, _: int) -> tuple[int, int | None]:
        count = await store.drop_deliveries_of_disabled_parties(conn, before=at - retention, at=at, limit=STEP)
        return count, 0 if count == STEP else None

    return await delete_in_steps(engine, "deliveries of disabled parties", drop_step)
