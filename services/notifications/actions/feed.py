"""The feed: a party's events in order, and the progress of the whole feed, for which the gateway waits."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.store import events
from shared.contracts.messages import FeedProgress
from shared.limits import Limit, LimitSubject

POLL = 0.5
"""Seconds between two reads while a request waits for events that other processes receive."""
MAX_EVENTS = Limit(
    1_000,
    "events",
    subject=LimitSubject.SERVICES,
    meaning="Events that one response about the progress of the feed covers",
    beyond="The next response covers the rest.",
)
MAX_PARTIES = Limit(
    5_000,
    "parties",
    subject=LimitSubject.SERVICES,
    meaning="Parties that one response about the progress of the feed names",
    beyond="It names none, and the gateway wakes all.",
)


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

    A page ends at its limit of entries or of bytes. Otherwise the query has covered everything up to the last position,
    so the reader continues there. The two statements need no common transaction: events up to a position never change.
    """
    async with engine.connect() as conn:
        last = await events.read_last_position(conn)
        found, more = await events.list_for_party(
            conn, party_id, after=after, last=last, patterns=patterns, limit=limit
        )
    next_position = found[-1].position if more else max(last, after)
    return [event.body for event in found], next_position


async def read_progress(
    engine: AsyncEngine, feed_signal: FeedSignal, *, after: int | None, seconds: float
) -> FeedProgress:
    """Return the parties that have an event after a position. Wait up to `seconds` if the feed has not moved.

    Without a position, or after one that the feed has not reached, any party may have an event. No database
    connection is held during the wait.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        notified = feed_signal.subscribe()
        progress = await _read_progress_now(engine, after)
        remaining = deadline - loop.time()
        if progress.position != after or remaining <= 0 or feed_signal.closed:
            return progress
        try:
            async with asyncio.timeout(min(POLL, remaining)):
                await notified.wait()
        except TimeoutError:
            pass


async def _read_progress_now(engine: AsyncEngine, after: int | None) -> FeedProgress:
    async with engine.connect() as conn:
        last = await events.read_last_position(conn)
        if after is None or after > last:  # the feed of a restored database may be shorter
            return FeedProgress(position=last, parties=None)
        if after == last:
            return FeedProgress(position=last, parties=())
        last = min(last, after + MAX_EVENTS)
        parties = await events.list_parties(conn, after=after, last=last, limit=MAX_PARTIES + 1)
    return FeedProgress(position=last, parties=tuple(parties) if len(parties) <= MAX_PARTIES else None)
