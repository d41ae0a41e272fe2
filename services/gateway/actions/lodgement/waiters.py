"""Those who wait until permits has taken a submission in: woken by this process's courier, looking for others' work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

LOOK_EVERY = 1.0
"""Seconds between two looks at the row, for what another process's courier carried."""


class Waiting:
    """One event for each submission somebody waits for."""

    def __init__(self) -> None:
        self._events: dict[UUID, list[asyncio.Event]] = {}

    def wake(self, ids: Sequence[UUID]) -> None:
        """Say that permits took these in."""
        for id in ids if self._events else ():
            for event in self._events.get(id, ()):
                event.set()

    async def until(self, id: UUID, *, seconds: float, forwarded: Callable[[], Awaitable[bool]]) -> bool:
        """Wait until a submission was taken in; False when the seconds are over. `forwarded` looks at its row."""
        event = asyncio.Event()
        self._events.setdefault(id, []).append(event)
        try:
            async with asyncio.timeout(seconds):
                while not (event.is_set() or await forwarded()):
                    await _either(event, LOOK_EVERY)
                return True
        except TimeoutError:
            return False
        finally:
            self._forget(id, event)

    def _forget(self, id: UUID, event: asyncio.Event) -> None:
        self._events[id].remove(event)
        if not self._events[id]:
            del self._events[id]


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
