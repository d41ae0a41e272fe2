"""The retention of short-lived rows of the gateway: used client assertions, and request counts."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.gateway.store import assertions, rate_limit_blocks
from shared.database import delete_in_steps

BATCH_SIZE = 1_000
RATE_LIMIT_RETENTION = timedelta(seconds=60)
"""Longer than any window of a rate limit."""


async def delete_used_assertions(engine: AsyncEngine, at: datetime) -> None:
    """Delete the used assertions that have expired. No client can use them again."""

    async def delete_step(conn: AsyncConnection, _: int) -> tuple[int, int | None]:
        count = await assertions.delete_expired(conn, before=at, limit=BATCH_SIZE)
        return count, 0 if count == BATCH_SIZE else None

    await delete_in_steps(engine, "used_assertions", delete_step)


async def delete_rate_limit_blocks(engine: AsyncEngine, at: datetime) -> None:
    """Delete the request counts of past windows."""
    before = int((at - RATE_LIMIT_RETENTION).timestamp())

    async def delete_step(conn: AsyncConnection, _: int) -> tuple[int, int | None]:
        count = await rate_limit_blocks.delete_expired(conn, before=before, limit=BATCH_SIZE)
        return count, 0 if count == BATCH_SIZE else None

    await delete_in_steps(engine, "rate_limit_blocks", delete_step)
