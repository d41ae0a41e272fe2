"""The feed: read a party's events in order, and wait for the next if there is none yet."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.store import events

POLL = 0.5
"""Seconds between two reads while a request waits for events that other processes receive."""


class FeedSignal:
    """Notifies the requests of this process that wait for events, and ends their waits when it closes."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def notify(self) -> None:
        """Notify every request that waits now."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """End all waits, present and future."""
        self.closed = True
        self.notify()

    def subscribe(self) -> asyncio.Event:
        """Return the event that is set at the next notification. Subscribe before a read, so that none is missed."""
        return self._event


async def read(
    engine: AsyncEngine, party_id: UUID, *, after: int, patterns: Sequence[str] | None, limit: int
) -> tuple[list[str], int]:
    """Return the bodies of a party's events after a position, oldest first, and the position to continue from.

    If the page is not full, the query has covered everything up to the last position, so the reader continues there.
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
    """Return the same as `read`, but wait up to `seconds` for the first event, without a database connection."""
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
