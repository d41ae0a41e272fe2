"""Read a party's events in order, and wait for the next when there are none yet."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.store import events

POLL = 0.5
"""Seconds between two looks while waiting for what other processes take in."""


class FeedSignal:
    """Wakes those who wait in this process for news, and sends them home when it closes."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def notify(self) -> None:
        """Wake everybody who listens now."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """Let nobody wait any more."""
        self.closed = True
        self.notify()

    def subscribe(self) -> asyncio.Event:
        """Answer what is set at the next ring; asked for before one looks, no ring is missed."""
        return self._event


async def read(
    engine: AsyncEngine, party_id: UUID, *, after: int, patterns: Sequence[str] | None, limit: int
) -> tuple[list[str], int]:
    """Answer the bodies of a party's events after a position, oldest first, and the position to go on from.

    When the page is not full everything up to the last position has been looked at, so the reader goes on there.
    """
    async with engine.connect() as conn:
        last = await events.read_last_position(conn)
        found = await events.list_for_party(conn, party_id, after=after, last=last, patterns=patterns, limit=limit)
    next_position = found[-1].position if len(found) == limit else max(last, after)
    return [event.body for event in found], next_position


async def read_or_wait(
    engine: AsyncEngine,
    feed_signal: FeedSignal,
    party_id: UUID,
    *,
    after: int,
    patterns: Sequence[str] | None,
    limit: int,
    seconds: float,
) -> tuple[list[str], int]:
    """Answer the same, waiting up to so many seconds for the first event; no connection is held meanwhile."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        notified = feed_signal.subscribe()
        bodies, next_position = await read(engine, party_id, after=after, patterns=patterns, limit=limit)
        remaining = deadline - loop.time()
        if bodies or remaining <= 0 or feed_signal.closed:
            return bodies, next_position
        try:
            async with asyncio.timeout(min(POLL, remaining)):
                await notified.wait()
        except TimeoutError:
            pass
        after = next_position
