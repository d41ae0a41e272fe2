"""The retention of events and deliveries. An event with a pending delivery stays, however old it is."""

from datetime import timedelta

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
