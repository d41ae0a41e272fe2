"""Wake what waits for an endpoint, or clear it away, in small steps, each a transaction of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.store import backlog as store
from shared.database import again
from shared.logs import logger

T = TypeVar("T")
STEP = 1000
"""Letters in one transaction: some milliseconds, for which the intake may have to wait."""
AT_ONCE = 20
"""Steps that are gone while the owner of an endpoint waits for the answer; the rest are gone after it."""


async def wake(engine: AsyncEngine, endpoint: UUID, *, at: datetime) -> str | None:
    """Let lanes of an endpoint go at once that wait for their next attempt; answers after which there are more.

    What a process that ends leaves unwoken goes when its next attempt is due.
    """
    after: str | None = ""
    for _ in range(AT_ONCE):
        if after is not None:
            after = await _wake(engine, endpoint, after, at)
    return after


async def wake_rest(engine: AsyncEngine, endpoint: UUID, *, after: str | None, at: datetime) -> None:
    """Let every lane after this one go at once too; trouble is logged, and the lanes go when they are due."""
    try:
        while after is not None:
            after = await _wake(engine, endpoint, after, at)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        logger().warning("backlog.unwoken", endpoint=str(endpoint), error=repr(error)[:300])


async def _wake(engine: AsyncEngine, endpoint: UUID, after: str, at: datetime) -> str | None:
    return await _step(engine, partial(store.wake, endpoint=endpoint, after=after, at=at, most=STEP))


async def clear(engine: AsyncEngine, endpoint: UUID, *, at: datetime, steps: int = AT_ONCE) -> bool:
    """Clear away what waits for a deleted endpoint, in so many steps at most; answers whether all of it is gone."""
    for _ in range(steps):
        lanes = await _step(engine, partial(store.clear, endpoint=endpoint, most=STEP))
        letters = await _step(engine, partial(store.drop, endpoint=endpoint, at=at, most=STEP))
        if not (lanes or letters):
            return True
    return False


async def clear_left_behind(engine: AsyncEngine, *, at: datetime) -> int:
    """Clear away what waits for endpoints that are no more; answers how many endpoints had something."""
    async with engine.connect() as conn:
        left = await store.left_behind(conn)
    for endpoint in left:
        while not await clear(engine, endpoint, at=at):
            pass
    return len(left)


async def _step(engine: AsyncEngine, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def work() -> T:
        async with engine.begin() as conn:
            return await act(conn)

    return await again(work)
