"""Periodic jobs run in one process at a time, whenever they are due. A job that fails does not stop the others."""

import asyncio
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.periodic_jobs import Job, run_jobs
from tests.waiting import wait_until

QUICK = 0.01
LOCK_HOLDERS = text("""
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


class CountedJob:
    """A job that records the times of its runs. It raises an error on each run if `fails` is set."""

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.times: list[datetime] = []
        self.fails = fails
        self.job = Job(name, QUICK, self.act)

    async def act(self, engine: AsyncEngine, at: datetime) -> None:
        self.times.append(at)
        if self.fails:
            raise RuntimeError("this job always fails")

    async def wait_for_runs(self, count: int) -> None:
        """Wait for `count` further runs."""
        wanted = len(self.times) + count
        await wait_until(lambda: len(self.times) >= wanted)


def start(engine: AsyncEngine, *counted: CountedJob) -> asyncio.Task[None]:
    return asyncio.create_task(run_jobs(engine, [one.job for one in counted], poll_seconds=QUICK))


async def cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def list_lock_holders(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as conn:
        return list((await conn.execute(LOCK_HOLDERS)).scalars())


async def test_job_that_is_due_runs_again_although_another_fails(permits_db: AsyncEngine) -> None:
    bad, good = CountedJob("bad", fails=True), CountedJob("good")
    running = start(permits_db, bad, good)
    await good.wait_for_runs(3)
    await bad.wait_for_runs(3)
    assert all(at.tzinfo is not None for at in good.times)
    await cancel(running)


async def test_jobs_of_process_that_ends_run_in_another(gateway_db: AsyncEngine) -> None:
    first, second = CountedJob("first"), CountedJob("second")
    leader = start(gateway_db, first)
    await first.wait_for_runs(3)
    standby = start(gateway_db, second)
    await first.wait_for_runs(5)
    assert second.times == []
    await cancel(leader)
    await second.wait_for_runs(1)
    await cancel(standby)

    async def is_released() -> bool:
        return await list_lock_holders(gateway_db) == []

    await wait_until(is_released)  # PostgreSQL notices the end of a connection a moment later


async def test_process_that_loses_its_lock_runs_jobs_only_with_a_new_lock(
    notifications_db: AsyncEngine,
) -> None:
    counted = CountedJob("counted")
    running = start(notifications_db, counted)
    await counted.wait_for_runs(3)
    [holder] = await list_lock_holders(notifications_db)
    async with notifications_db.begin() as conn:
        await conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": holder})

    async def another_holds_the_lock() -> bool:
        return await list_lock_holders(notifications_db) not in ([], [holder])

    await wait_until(another_holds_the_lock)
    await counted.wait_for_runs(2)
    await cancel(running)
