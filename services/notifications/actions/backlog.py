"""The backlog of an endpoint: make it due, or delete it, in small steps, each in its own transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.store import backlog as store
from shared.database import DATABASE_ERRORS, retry_transaction
from shared.limits import Limit, LimitSubject
from shared.logs import logger

T = TypeVar("T")
STEP = 1000
"""Queues or deliveries per transaction. A transaction takes some milliseconds, and the intake may wait for it."""
MAX_STEPS_BEFORE_RESPONSE = Limit(
    20,
    "steps",
    subject=LimitSubject.EVENTS,
    meaning="Steps of a replay or a resumption before its response",
    beyond="The rest runs after the response.",
)
"""Steps that run while the owner of an endpoint waits for the response; the others run after it."""


async def resume(engine: AsyncEngine, endpoint_id: UUID, *, at: datetime) -> str | None:
    """Make the waiting queues of an endpoint due now. Return the last subject if there are more queues.

    If the process ends before that, the hub sends the other queues when their next attempt is due.
    """
    after: str | None = ""
    for _ in range(MAX_STEPS_BEFORE_RESPONSE):
        if after is not None:
            after = await _resume_step(engine, endpoint_id, after, at)
    return after


async def resume_remaining(engine: AsyncEngine, endpoint_id: UUID, *, after: str | None, at: datetime) -> None:
    """Make each queue after a subject due now too. Log an error: the hub then sends the queues when they are due."""
    try:
        while after is not None:
            after = await _resume_step(engine, endpoint_id, after, at)
    except DATABASE_ERRORS as error:
        logger().warning("backlog.resume_failed", endpoint=str(endpoint_id), error=error)


async def _resume_step(engine: AsyncEngine, endpoint_id: UUID, after: str, at: datetime) -> str | None:
    return await _run_step(engine, partial(store.resume, endpoint_id=endpoint_id, after=after, at=at, limit=STEP))


async def clear(
    engine: AsyncEngine, endpoint_id: UUID, *, at: datetime, steps: int = MAX_STEPS_BEFORE_RESPONSE
) -> bool:
    """Delete the backlog of a deleted endpoint, in at most `steps` steps. Return whether all of it is deleted."""
    for _ in range(steps):
        had_queues = await _run_step(engine, partial(store.delete_queues, endpoint_id=endpoint_id, limit=STEP))
        had_deliveries = await _run_step(
            engine, partial(store.drop_deliveries, endpoint_id=endpoint_id, at=at, limit=STEP)
        )
        if not (had_queues or had_deliveries):
            return True
    return False


async def clear_deleted_endpoints(engine: AsyncEngine, *, at: datetime) -> int:
    """Delete the backlogs of all deleted endpoints. Return the number of endpoints that had one."""
    async with engine.connect() as conn:
        deleted = await store.list_deleted_with_backlog(conn)
    for endpoint_id in deleted:
        while not await clear(engine, endpoint_id, at=at):
            pass
    return len(deleted)


async def _run_step(engine: AsyncEngine, step: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def work() -> T:
        async with engine.begin() as conn:
            return await step(conn)

    return await retry_transaction(work)
