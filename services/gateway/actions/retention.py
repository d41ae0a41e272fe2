"""What the gateway forgets by itself: answers under keys after 7 days, assertions and rates that are over."""

import asyncio
import random
import time
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import assertions, rate_limit_blocks, stored_responses
from shared.database import DATABASE_ERRORS, now
from shared.logs import logger

RESPONSE_RETENTION = timedelta(days=7)
INTERVAL_SECONDS = 600.0
"""Seconds between two sweeps of one process, more or less, so that replicas do not sweep in step."""
BATCH_SIZE = 1_000


async def delete_expired(engine: AsyncEngine, *, at: datetime) -> int:
    """Forget what is over, some rows at a time; answers how many kept answers went. Replicas may do so at once."""
    deleted = 0
    while True:
        async with engine.begin() as conn:
            count = await stored_responses.delete_expired(conn, before=at - RESPONSE_RETENTION, limit=BATCH_SIZE)
        deleted += count
        if count < BATCH_SIZE:
            break
    async with engine.begin() as conn:
        await assertions.delete_expired(conn, before=at)
        await rate_limit_blocks.delete_expired(conn, before=int(at.timestamp()) - 60)
    return deleted


async def delete_expired_periodically(engine: AsyncEngine) -> None:
    """Sweep until cancelled; what fails is left to the next time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.75, 1.25))  # noqa: S311
        began = time.monotonic()
        try:
            deleted = await delete_expired(engine, at=now())
        except DATABASE_ERRORS as error:
            logger().warning("retention.failed", error=error)
        else:
            logger().info("retention.completed", stored_responses=deleted, seconds=round(time.monotonic() - began, 3))
