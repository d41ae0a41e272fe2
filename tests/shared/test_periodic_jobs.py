"""Periodic jobs: done by one worker at a time, again when due, and whatever one of them does the others go on."""

import asyncio
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.periodic_jobs import Job, run_jobs

QUICK = 0.01


class Told:
    """A job that counts and, if asked to, fails."""

    def __init__(self, name: str, fails: bool = False) -> None:
        self.times: list[datetime] = []
        self.done = asyncio.Event()
        self.fails = fails
        self.job = Job(name, QUICK, self.act)

    async def act(self, engine: AsyncEngine, at: datetime) -> None:
        self.times.append(at)
        if len(self.times) == 3:
            self.done.set()
        if self.fails:
            raise RuntimeError("this job always fails")


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_job_is_done_again_when_due_though_another_fails(permits_db: AsyncEngine) -> None:
    bad, good = Told("bad", fails=True), Told("good")
    task = asyncio.create_task(run_jobs(permits_db, (bad.job, good.job), poll_seconds=QUICK))
    await asyncio.wait_for(good.done.wait(), 30)
    await asyncio.wait_for(bad.done.wait(), 30)
    assert all(at.tzinfo is not None for at in good.times)
    await ended(task)


async def test_one_worker_at_a_time_and_another_when_it_ends(permits_db: AsyncEngine) -> None:
    first, second = Told("first"), Told("second")
    one = asyncio.create_task(run_jobs(permits_db, (first.job,), poll_seconds=QUICK))
    await asyncio.wait_for(first.done.wait(), 30)
    other = asyncio.create_task(run_jobs(permits_db, (second.job,), poll_seconds=QUICK))
    before = len(first.times)
    while len(first.times) < before + 5:
        await asyncio.sleep(QUICK)
    assert second.times == []
    await ended(one)
    await asyncio.wait_for(second.done.wait(), 30)
    await ended(other)


async def test_a_worker_whose_connection_is_cut_takes_its_turn_anew(permits_db: AsyncEngine) -> None:
    told = Told("told")
    task = asyncio.create_task(run_jobs(permits_db, (told.job,), poll_seconds=QUICK))
    await asyncio.wait_for(told.done.wait(), 30)
    async with permits_db.begin() as conn:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        mine = "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert len((await conn.execute(text(f"{cut} {mine}"))).all()) == 1
    before = len(told.times)
    while len(told.times) < before + 2:
        await asyncio.sleep(QUICK)
    await ended(task)
