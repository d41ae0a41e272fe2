"""Periodic jobs: one list for each service, run by one of its processes at a time.

The process that runs them owns an advisory lock of the database. The lock ends with its connection, so another process
takes over when this one dies. A process may notice late that it lost its connection. So two processes may run a job at
the same time, and a job must allow that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database import now
from shared.logs import logger

LEADER_LOCK = 0x5A01A
"""The key of the lock of a service's periodic jobs."""
RECONCILIATION_LOCK = 0x5A01B
"""The key of the lock of the reconciliation, which may take minutes. The other jobs do not wait for it."""
RESPONSE_SECONDS = 10.0
"""Seconds after which a silent connection counts as lost. If the network fails, nothing else ends it."""
POLL_SECONDS = 1.0
"""Seconds between two checks of the due jobs, and of the lock."""


@dataclass(frozen=True)
class Job:
    """One job: its name in the log, the seconds between two runs, and the action."""

    name: str
    interval_seconds: float
    action: Callable[[AsyncEngine, datetime], Awaitable[None]]


async def run_jobs(
    engine: AsyncEngine, jobs: Sequence[Job], *, lock: int = LEADER_LOCK, poll_seconds: float = POLL_SECONDS
) -> None:
    """Run jobs when they are due, until cancelled, while no other process runs them. Occupy one connection."""
    while True:
        try:
            async with engine.connect() as conn:
                await conn.execution_options(isolation_level="AUTOCOMMIT")
                await _lead(conn, engine, jobs, lock, poll_seconds)
        except Exception as error:
            logger().warning("jobs.interrupted", error=error)
        await asyncio.sleep(poll_seconds)


async def _lead(
    conn: AsyncConnection, engine: AsyncEngine, jobs: Sequence[Job], lock: int, poll_seconds: float
) -> None:
    """Run jobs while this connection owns the lock. Return at once if another process owns it."""
    may_hold_lock = True
    try:
        may_hold_lock = await _try_acquire(conn, lock)
        if may_hold_lock:
            await _run_as_leader(conn, engine, jobs, poll_seconds)
    finally:
        if may_hold_lock:
            await conn.invalidate()  # the lock ends with the connection, so the pool must not keep the connection


async def _try_acquire(conn: AsyncConnection, lock: int) -> bool:
    return bool((await conn.execute(select(func.pg_try_advisory_lock(lock)))).scalar_one())


async def _run_as_leader(conn: AsyncConnection, engine: AsyncEngine, jobs: Sequence[Job], poll_seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    due_times: dict[str, float] = {}
    while True:
        for job in jobs:
            if due_times.get(job.name, 0.0) <= clock():
                await _require_held(conn)
                due_times[job.name] = clock() + job.interval_seconds
                await _run_job(job, engine)
        await asyncio.sleep(poll_seconds)
        await _require_held(conn)


async def _require_held(conn: AsyncConnection) -> None:
    """Raise an error if the connection of the lock has ended, or if the database does not respond in time."""
    async with asyncio.timeout(RESPONSE_SECONDS):
        await conn.execute(select(literal(1)))


async def _run_job(job: Job, engine: AsyncEngine) -> None:
    """Run a job. If it fails, log the error: the other jobs go on, and this one runs again when it is due next."""
    try:
        await job.action(engine, now())
    except Exception as error:
        logger().error("job.failed", job=job.name, exc_info=error)
