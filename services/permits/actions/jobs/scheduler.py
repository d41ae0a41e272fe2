"""What the worker does by itself from time to time: one list of jobs, done by one worker at a time.

A job is an action that takes the engine and `at`, and may be done again at any moment without harm. One that fails is
logged and tried when it is due next; nothing it does ends the worker or its courier.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations.recheck import Rechecker
from services.permits.actions.declarations.refer_stale import refer_stale_declarations
from services.permits.actions.jobs.command_retention import delete_expired_commands
from services.permits.actions.jobs.ledger_audit import LedgerAuditor
from services.permits.actions.permits.expiry_notices import write_expiry_notices
from shared import leader_lock
from shared.database import now
from shared.logs import logger

POLL_SECONDS = 1.0
"""Seconds between two looks at what is due, and at whether another worker's turn has ended."""


@dataclass(frozen=True)
class Job:
    """One job: its name in the log, the seconds between two times, and the action."""

    name: str
    interval_seconds: float
    action: Callable[[AsyncEngine, datetime], Awaitable[None]]


JOBS: tuple[Job, ...] = (
    Job("permits.ends", 5.0, write_expiry_notices),
    Job("reservations", 60.0, refer_stale_declarations),
    Job("commands", 600.0, delete_expired_commands),
    Job("ledger", 60.0, LedgerAuditor().run),
    Job("checked.again", 2.0, Rechecker().run),
)
"""Every periodic job of permits. Each room of actions that has one is named here."""


async def run(engine: AsyncEngine, jobs: Sequence[Job] = JOBS, *, poll_seconds: float = POLL_SECONDS) -> None:
    """Do jobs when they are due, until cancelled, while no other worker does them."""
    while True:
        try:
            async with engine.connect() as raw_connection:
                conn = await raw_connection.execution_options(isolation_level="AUTOCOMMIT")
                try:
                    if await leader_lock.try_acquire(conn):
                        await _run_as_leader(conn, engine, jobs, poll_seconds)
                finally:
                    await raw_connection.invalidate()  # the turn ends with the connection, whatever ended it
        except Exception as error:
            logger().warning("scheduler.failed", error=error)
        await asyncio.sleep(poll_seconds)


async def _run_as_leader(conn: AsyncConnection, engine: AsyncEngine, jobs: Sequence[Job], poll_seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    due_times: dict[str, float] = {}
    while True:
        for job in jobs:
            await leader_lock.require_held(conn)
            if due_times.get(job.name, 0.0) <= clock():
                due_times[job.name] = clock() + job.interval_seconds
                await _run_job(job, engine)
        await asyncio.sleep(poll_seconds)
        await leader_lock.require_held(conn)


async def _run_job(job: Job, engine: AsyncEngine) -> None:
    try:
        await job.action(engine, now())
    except Exception as error:
        logger().error("job.failed", job=job.name, exc_info=error)
