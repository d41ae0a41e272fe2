"""Requests that wait until permits has a submission. This process's dispatcher wakes them; they also poll the row."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

POLL_SECONDS = 1.0
"""Seconds between two reads of the row, because the dispatcher of another process may have sent it."""


class SubmissionWaiters:
    """One event per submission for which a request waits."""

    def __init__(self) -> None:
        self._events: dict[UUID, list[asyncio.Event]] = {}

    def notify(self, ids: Sequence[UUID]) -> None:
        """Notify the requests that wait for these submissions: permits has them."""
        for declaration_id in ids if self._events else ():
            for event in self._events.get(declaration_id, ()):
                event.set()

    async def wait(self, declaration_id: UUID, *, seconds: float, is_forwarded: Callable[[], Awaitable[bool]]) -> bool:
        """Wait until permits has a submission. Return False after `seconds`. `is_forwarded` reads the row."""
        event = asyncio.Event()
        self._events.setdefault(declaration_id, []).append(event)
        try:
            async with asyncio.timeout(seconds):
                while not (event.is_set() or await is_forwarded()):
                    await _wait_for_event(event, POLL_SECONDS)
                return True
        except TimeoutError:
            return False
        finally:
            self._remove(declaration_id, event)

    def _remove(self, declaration_id: UUID, event: asyncio.Event) -> None:
        self._events[declaration_id].remove(event)
        if not self._events[declaration_id]:
            del self._events[declaration_id]


async def _wait_for_event(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
