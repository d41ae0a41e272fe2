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
from services.permits.actions.declarations.refer_stale import end_abandoned
from services.permits.actions.jobs.command_retention import sweep_commands
from services.permits.actions.jobs.ledger_audit import Auditor
from services.permits.actions.permits.expiry_notices import tell_of_ends
from shared import leader_lock
from shared.database import now
from shared.logs import logger

LOOK = 1.0
"""Seconds between two looks at what is due, and at whether another worker's turn has ended."""


@dataclass(frozen=True)
class Job:
    """One job: its name in the log, the seconds between two times, and the action."""

    name: str
    every: float
    act: Callable[[AsyncEngine, datetime], Awaitable[None]]


JOBS: tuple[Job, ...] = (
    Job("permits.ends", 5.0, tell_of_ends),
    Job("reservations", 60.0, end_abandoned),
    Job("commands", 600.0, sweep_commands),
    Job("ledger", 60.0, Auditor().turn),
    Job("checked.again", 2.0, Rechecker().turn),
)
"""Every periodic job of permits. Each room of actions that has one is named here."""


async def run(engine: AsyncEngine, jobs: Sequence[Job] = JOBS, *, look: float = LOOK) -> None:
    """Do jobs when they are due, until cancelled, while no other worker does them."""
    while True:
        try:
            async with engine.connect() as plain:
                conn = await plain.execution_options(isolation_level="AUTOCOMMIT")
                try:
                    if await leader_lock.take(conn):
                        await _on_duty(conn, engine, jobs, look)
                finally:
                    await plain.invalidate()  # the turn ends with the connection, whatever ended it
        except Exception as error:
            logger().warning("jobs.off_duty", error=repr(error)[:500])
        await asyncio.sleep(look)


async def _on_duty(conn: AsyncConnection, engine: AsyncEngine, jobs: Sequence[Job], look: float) -> None:
    clock = asyncio.get_running_loop().time
    due: dict[str, float] = {}
    while True:
        for job in jobs:
            await leader_lock.hold(conn)
            if due.get(job.name, 0.0) <= clock():
                due[job.name] = clock() + job.every
                await _do(job, engine)
        await asyncio.sleep(look)
        await leader_lock.hold(conn)


async def _do(job: Job, engine: AsyncEngine) -> None:
    try:
        await job.act(engine, now())
    except Exception as error:
        logger().error("job.failed", job=job.name, error=repr(error)[:500])
