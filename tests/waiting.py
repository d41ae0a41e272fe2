"""Waiting with an end: what does not come is a failed test and no hung run."""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
WAIT_SECONDS = 60.0
"""Much more than anything takes that a test waits for, and less than a test may take."""


async def wait_until(read: Callable[[], Any], *, seconds: float = WAIT_SECONDS) -> Any:
    """Read, or await a reading, until it is true, and return it. Fail the test when none is true in time."""
    __tracebackhide__ = True
    last: Any = None
    try:
        async with asyncio.timeout(seconds) as limit:
            while True:
                found = read()
                last = await found if inspect.isawaitable(found) else found
                if last:
                    return last
                await asyncio.sleep(0.01)
    except TimeoutError:
        if not limit.expired():
            raise
    raise AssertionError(_too_late(seconds, last))


def block_until(read: Callable[[], T], *, seconds: float = WAIT_SECONDS) -> T:
    """Read until a reading is true, as `wait_until` does, where no event loop runs."""
    __tracebackhide__ = True
    ends = time.monotonic() + seconds
    while not (last := read()):
        if time.monotonic() > ends:
            raise AssertionError(_too_late(seconds, last))
        time.sleep(0.02)
    return last


async def wait_for_lock(db: AsyncEngine) -> None:
    """Wait until a transaction waits for a lock in this database."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async def is_waiting() -> bool:
        async with db.connect() as conn:  # one transaction sees one state of pg_stat_activity
            return bool((await conn.execute(query)).scalar_one())

    await wait_until(is_waiting)


def end_in_time(test: Callable[..., Awaitable[None]], *, seconds: float) -> Callable[..., Awaitable[None]]:
    """Return a test that fails where it waits when its seconds are over."""

    @functools.wraps(test)
    async def ending(*arguments: Any, **fixtures: Any) -> None:
        try:
            async with asyncio.timeout(seconds) as limit:
                await test(*arguments, **fixtures)
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise AssertionError(f"the test did not end within {seconds:g} s") from late

    return ending


def _too_late(seconds: float, last: object) -> str:
    return f"the test waited {seconds:g} s for this, and it did not come; the last reading was {last!r}"
