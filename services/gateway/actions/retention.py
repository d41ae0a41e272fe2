"""What the gateway forgets by itself: answers under keys after 7 days, assertions and rates that are over."""

import asyncio
import random
import time
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import assertions, rate_limit_blocks, stored_responses
from shared.database import now
from shared.logs import logger

KEPT_FOR = timedelta(days=7)
EVERY = 600.0
"""Seconds between two sweeps of one process, more or less, so that replicas do not sweep in step."""
AT_ONCE = 1_000


async def sweep(engine: AsyncEngine, *, at: datetime) -> int:
    """Forget what is over, some rows at a time; answers how many kept answers went. Replicas may do so at once."""
    gone = 0
    while True:
        async with engine.begin() as conn:
            some = await stored_responses.forget(conn, before=at - KEPT_FOR, most=AT_ONCE)
        gone += some
        if some < AT_ONCE:
            break
    async with engine.begin() as conn:
        await assertions.forget(conn, before=at)
        await rate_limit_blocks.forget(conn, before=int(at.timestamp()) - 60)
    return gone


async def keep_sweeping(engine: AsyncEngine) -> None:
    """Sweep until cancelled; what fails is left to the next time."""
    while True:
        await asyncio.sleep(EVERY * random.uniform(0.75, 1.25))  # noqa: S311
        began = time.monotonic()
        try:
            gone = await sweep(engine, at=now())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            logger().warning("sweep.failed", error=repr(error)[:300])
        else:
            logger().info("sweep.done", answers=gone, seconds=round(time.monotonic() - began, 3))
