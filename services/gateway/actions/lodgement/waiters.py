"""Requests that wait until permits has a submission. This process's dispatcher wakes them, and a poll of their rows."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import submissions
from shared.database import DATABASE_ERRORS, autocommit
from shared.limits import Limit, LimitSubject
from shared.logs import logger

POLL_SECONDS = 1.0
"""Seconds between two reads of the rows, because the dispatcher of another process may have sent them."""
CONCURRENT_READS = Limit(
    20,
    "reads",
    subject=LimitSubject.WAITS,
    meaning="Reads of checked declarations under way for requests that waited, in each process of the gateway",
    beyond="A read waits for its turn; at the end of the wait: 202",
)
"""Permits checks hundreds of declarations together, and their waits end together."""


class SubmissionWaiters:
    """One event per request that waits for a submission. One statement reads the rows of all of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.reads = asyncio.Semaphore(CONCURRENT_READS)
        self._engine = autocommit(engine)
        self._events: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._needed = asyncio.Event()
        self._closed = False

    def notify(self, ids: Iterable[UUID]) -> None:
        """Notify the requests that wait for these submissions: permits has them."""
        for declaration_id in ids if self._events else ():
            for event in self._events.get(declaration_id, ()):
                event.set()

    def close(self) -> None:
        """End all waits, present and future, because the end of the process waits for these requests."""
        self._closed = True
        self.notify(self._events)

    async def wait(self, declaration_id: UUID, *, seconds: float) -> bool:
        """Wait until permits has a submission. Return False after `seconds`, or if the process ends."""
        event = asyncio.Event()
        self._events[declaration_id].add(event)
        self._needed.set()
        try:
            async with asyncio.timeout(seconds):
                self.notify(await self._list_forwarded([declaration_id]))
                if not self._closed:
                    await event.wait()
                return not self._closed
        except TimeoutError:
            return False
        finally:
            self._events[declaration_id].discard(event)
            if not self._events[declaration_id]:
                del self._events[declaration_id]

    async def run(self) -> None:
        """Read the rows of the submissions that requests wait for, until cancelled."""
        while True:
            await self._needed.wait()
            await asyncio.sleep(POLL_SECONDS)
            if self._events:
                self.notify(await self._list_forwarded(list(self._events)))
            else:
                self._needed.clear()

    async def _list_forwarded(self, ids: list[UUID]) -> set[UUID]:
        """Return which submissions permits has. If the database fails, return none: the next poll follows."""
        try:
            async with self._engine.connect() as conn:
                return await submissions.list_forwarded(conn, ids)
        except DATABASE_ERRORS as error:
            logger().warning("submission_waits.poll_failed", error=error)
            return set()
