"""Keep the tables small: what is over is forgotten, in small steps, each a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.backlog import clear_left_behind
from services.notifications.domain.retention import Keep
from services.notifications.store import retention as store
from shared.database import again, now
from shared.logs import logger

STEP = 1000
"""Events looked at in one transaction: it takes some milliseconds and holds up nobody."""
REST = 0.05
"""Seconds between two steps."""
EVERY = 3600.0
"""Seconds between two sweeps."""


@dataclass(frozen=True)
class Swept:
    """How many of each went; endpoints are those that were deleted with so much waiting that some was left."""

    events: int
    deliveries: int
    commands: int
    endpoints: int


async def run(engine: AsyncEngine, keep: Keep, *, every: float = EVERY) -> None:
    """Sweep from time to time, until cancelled; trouble is logged, and the next time may go better."""
    while True:
        try:
            swept = await sweep(engine, keep)
            logger().info("sweep.done", **asdict(swept))
        except Exception as error:
            logger().warning("sweep.failed", error=repr(error)[:500])
        await asyncio.sleep(every)


async def sweep(engine: AsyncEngine, keep: Keep, *, step: int = STEP) -> Swept:
    """Forget all that is over now; answers how much. What is still to be delivered stays, however old."""

    async def events(after: int) -> tuple[int | None, int]:
        async with engine.begin() as conn:
            return await store.events(conn, kept=keep.events, after=after, most=step)

    async def deliveries(after: int) -> tuple[int | None, int]:
        async with engine.begin() as conn:
            return await store.deliveries(conn, kept=keep.deliveries, after=after, most=step)

    left = await clear_left_behind(engine, at=now())
    return Swept(await _walk(events), await _walk(deliveries), await _commands(engine, step), left)


async def _walk(take: Callable[[int], Awaitable[tuple[int | None, int]]]) -> int:
    after, total = 0, 0
    while True:
        last, gone = await again(lambda after=after: take(after))  # type: ignore[misc]
        total += gone
        if last is None:
            return total
        after = last
        await asyncio.sleep(REST)


async def _commands(engine: AsyncEngine, step: int) -> int:
    total = 0
    while True:
        async with engine.begin() as conn:
            gone = await store.commands(conn, most=step)
        total += gone
        if gone < step:
            return total
        await asyncio.sleep(REST)
