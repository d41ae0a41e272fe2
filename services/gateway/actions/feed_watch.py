"""The watch of the feed: one internal request of this process, which wakes the requests of the parties that wait.

A waiting request holds no internal connection. It subscribes first, reads its page, and reads again when the watch
wakes it. An event that arrives between the two wakes it too, so no wake-up is lost.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from services.gateway.clients.feed_progress import read_feed_progress
from shared.contracts.messages import FeedProgress
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

WATCH_SECONDS = 20
"""Seconds that one request of the watch waits for the next event of any party."""
PAUSE_SECONDS = 0.02
"""Seconds between two requests of the watch, so that many single events do not cause as many requests."""
RETRY_SECONDS = 0.5
IDLE_SECONDS = 60.0
"""Seconds without a waiting request after which the watch stops. The next waiting request starts it again."""
CONCURRENT_READS = Limit(
    20,
    "reads",
    subject=LimitSubject.WAITS,
    meaning="Reads of the feed under way, in each process of the gateway",
    beyond="A read waits for its turn; after 10 s: 503 `service-unavailable`",
)
"""An event of many parties wakes all of them, and other requests need internal connections too."""


class FeedWatch:
    """The waiting requests of this process by party, and the watch that wakes them."""

    def __init__(self, notifications: ServiceClient) -> None:
        self.reads = asyncio.Semaphore(CONCURRENT_READS)
        self.closed = False
        self._notifications = notifications
        self._signals: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._needed = asyncio.Event()
        self._started = asyncio.Event()
        self._last_use = 0.0

    @contextmanager
    def subscribe(self, party_id: UUID) -> Iterator[asyncio.Event]:
        """Yield the event that is set when the party may have new events, during the block."""
        signal = asyncio.Event()
        self._signals[party_id].add(signal)
        self._needed.set()
        if self.closed:
            signal.set()
        try:
            yield signal
        finally:
            self._last_use = asyncio.get_running_loop().time()
            self._signals[party_id].discard(signal)
            if not self._signals[party_id]:
                del self._signals[party_id]

    async def wait_until_started(self) -> None:
        """Wait until the watch knows where the feed is. A page that is read later needs no wake-up at the start."""
        await self._started.wait()

    def close(self) -> None:
        """End all waits, present and future, because the end of the process waits for these requests."""
        self.closed = True
        self._started.set()
        self._wake(self._signals)

    async def run(self) -> None:
        """Watch the feed while requests wait, until cancelled."""
        position: int | None = None
        while True:
            if self._is_idle():
                self._needed.clear()
                self._started.clear()
                await self._needed.wait()
                position = None  # the one before the pause is old
            try:
                seconds = 0 if position is None else WATCH_SECONDS
                progress = await read_feed_progress(self._notifications, after=position, seconds=seconds)
            except (ServiceUnreachable, ResponseLost) as error:
                logger().warning("feed_watch.failed", reason=str(error))
                self._started.set()  # reads need not wait for it: its first response wakes all
                await asyncio.sleep(RETRY_SECONDS)
                continue
            position = progress.position
            if self._started.is_set():
                self._on_progress(progress)
            self._started.set()
            await asyncio.sleep(PAUSE_SECONDS)

    def _is_idle(self) -> bool:
        return not self._signals and asyncio.get_running_loop().time() - self._last_use >= IDLE_SECONDS

    def _on_progress(self, progress: FeedProgress) -> None:
        self._wake(self._signals if progress.parties is None else self._signals.keys() & set(progress.parties))

    def _wake(self, party_ids: Iterable[UUID]) -> None:
        for party_id in party_ids:
            for signal in self._signals[party_id]:
                signal.set()
