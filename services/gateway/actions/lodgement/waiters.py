"""Those who wait until permits has taken a submission in: woken by this process's courier, looking for others' work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

POLL_SECONDS = 1.0
"""Seconds between two looks at the row, for what another process's courier carried."""


class SubmissionWaiters:
    """One event for each submission somebody waits for."""

    def __init__(self) -> None:
        self._events: dict[UUID, list[asyncio.Event]] = {}

    def notify(self, ids: Sequence[UUID]) -> None:
        """Say that permits took these in."""
        for declaration_id in ids if self._events else ():
            for event in self._events.get(declaration_id, ()):
                event.set()

    async def wait(self, declaration_id: UUID, *, seconds: float, is_forwarded: Callable[[], Awaitable[bool]]) -> bool:
        """Wait until a submission was taken in; False when the seconds are over. `is_forwarded` looks at its row."""
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
