"""Keep the tables small: what is over is forgotten, in small steps, each a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.backlog import clear_deleted_endpoints
from services.notifications.domain.retention import RetentionPeriods
from services.notifications.store import retention as store
from shared.database import now, retry_transaction
from shared.logs import logger

STEP = 1000
"""Events looked at in one transaction: it takes some milliseconds and holds up nobody."""
PAUSE_SECONDS = 0.05
"""Seconds between two steps."""
INTERVAL_SECONDS = 3600.0
"""Seconds between two sweeps."""


@dataclass(frozen=True)
class DeletedCounts:
    """How many of each went; endpoints are those that were deleted with so much waiting that some was left."""

    events: int
    deliveries: int
    commands: int
    endpoints: int


async def run(engine: AsyncEngine, periods: RetentionPeriods, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
    """Sweep from time to time, until cancelled; trouble is logged, and the next time may go better."""
    while True:
        try:
            deleted = await delete_expired(engine, periods)
            logger().info("retention.completed", **asdict(deleted))
        except Exception as error:
            logger().warning("retention.failed", error=error)
        await asyncio.sleep(interval_seconds)


async def delete_expired(engine: AsyncEngine, periods: RetentionPeriods, *, step_size: int = STEP) -> DeletedCounts:
    """Forget all that is over now; answers how much. What is still to be delivered stays, however old."""

    async def delete_events(after: int) -> tuple[int | None, int]:
        async with engine.begin() as conn:
            return await store.delete_expired_events(conn, retention=periods.events, after=after, limit=step_size)

    async def delete_deliveries(after: int) -> tuple[int | None, int]:
        async with engine.begin() as conn:
            return await store.delete_expired_deliveries(
                conn, retention=periods.deliveries, after=after, limit=step_size
            )

    endpoints = await clear_deleted_endpoints(engine, at=now())
    return DeletedCounts(
        await _delete_in_steps(delete_events),
        await _delete_in_steps(delete_deliveries),
        await _delete_commands(engine, step_size),
        endpoints,
    )


async def _delete_in_steps(delete_step: Callable[[int], Awaitable[tuple[int | None, int]]]) -> int:
    after, total = 0, 0
    while True:
        last, deleted = await retry_transaction(lambda after=after: delete_step(after))  # type: ignore[misc]
        total += deleted
        if last is None:
            return total
        after = last
        await asyncio.sleep(PAUSE_SECONDS)


async def _delete_commands(engine: AsyncEngine, step_size: int) -> int:
    total = 0
    while True:
        async with engine.begin() as conn:
            deleted = await store.delete_expired_commands(conn, limit=step_size)
        total += deleted
        if deleted < step_size:
            return total
        await asyncio.sleep(PAUSE_SECONDS)
