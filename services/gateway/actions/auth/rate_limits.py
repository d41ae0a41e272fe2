"""The rate limit of each party: what it may spend per window, over all replicas. Each replica takes blocks of it.

A replica asks the database once per block, not once per request. If the database fails, no request is refused: a limit
protects other parties, and without a database no party gets a response.

A request costs what its route declares, most of them one. Each line of a bulk request costs one. A request beyond the
limit is refused. A bulk request is not: the hub reads its next lines when the limit allows them.
"""

import asyncio
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import rate_limit_blocks
from shared.database import DATABASE_ERRORS
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.problems import TooManyRequests

WINDOW_SECONDS = 10
"""Seconds of one window. A party may use the quota of all ten seconds in the first one."""
BLOCKS_PER_WINDOW = 20
"""The number of blocks of a window's quota. A replica leaves at most one block unused."""
MAX_PARTIES = Limit(
    10_000,
    "parties",
    subject=LimitSubject.MEMORY,
    meaning="Parties whose budget a gateway process remembers",
    beyond="The gateway reads the budget again.",
)
BULK_RESERVE = 10
"""A bulk request leaves one tenth of each window for the other requests of its party."""


@dataclass
class WindowState:
    """The rest of a party's quota in the current window, as this process knows it."""

    window: int = -1
    remaining_here: int = 0
    remaining_elsewhere: int = 0
    exhausted: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


REMAINING: ContextVar[list[tuple[int, int]]] = ContextVar("standing")
"""For the response headers of this request: what is left in the window, seconds until the next window."""


class RateLimits:
    """Counts what each party spends. With a `per_second` of 0 it counts nothing."""

    def __init__(self, engine: AsyncEngine, per_second: int) -> None:
        self._engine = engine
        self.quota = per_second * WINDOW_SECONDS
        self._block = max(1, self.quota // BLOCKS_PER_WINDOW)
        self._windows: dict[UUID, WindowState] = {}

    @property
    def policy(self) -> str:
        """The value of the RateLimit-Policy header."""
        return f'"party";q={self.quota};w={WINDOW_SECONDS}'

    async def count(self, party_id: UUID, cost: int) -> None:
        """Count a request of a party. Raise TooManyRequests if its window does not have so much left."""
        if not self.quota:
            return
        at = time.time()
        cost = min(cost, self.quota)
        window, state = self._current_window(party_id, at)
        while state.remaining_here < cost and not state.exhausted:
            await self._take_block(party_id, state, cost)
        seconds_left = max(1, window + WINDOW_SECONDS - int(at))
        refused = state.remaining_here < cost
        state.remaining_here -= 0 if refused else cost
        if slot := REMAINING.get(None):
            slot[0] = (state.remaining_here + state.remaining_elsewhere, seconds_left)
        if refused:
            detail = (
                f"Your party may send {self.quota} requests in {WINDOW_SECONDS} s. Wait {seconds_left} s, then go on."
            )
            raise TooManyRequests("too-many-requests", detail, seconds_left)

    async def acquire_lines(self, party_id: UUID, number: int) -> int:
        """Return how many of a party's bulk lines may be handled now, at least one. Wait until one may."""
        if not self.quota:
            return number
        reserve = self.quota // BULK_RESERVE
        while True:
            at = time.time()
            window, state = self._current_window(party_id, at)
            wanted = min(number, state.remaining_here + state.remaining_elsewhere - reserve)
            while state.window == window and state.remaining_here < wanted and not state.exhausted:
                await self._take_block(party_id, state, wanted)
            granted = min(wanted, state.remaining_here)
            if state.window == window and granted > 0:
                state.remaining_here -= granted
                return granted
            if state.window == window:
                await asyncio.sleep(window + WINDOW_SECONDS - at)

    def _current_window(self, party_id: UUID, at: float) -> tuple[int, WindowState]:
        """Return the start of the window of a time, and the state of a party in it."""
        window = int(at) // WINDOW_SECONDS * WINDOW_SECONDS
        return window, self._window_state(party_id, window)

    def _window_state(self, party_id: UUID, window: int) -> WindowState:
        state = self._windows.get(party_id)
        if state is None:
            if len(self._windows) >= MAX_PARTIES:
                self._windows.pop(next(iter(self._windows)))
            state = self._windows[party_id] = WindowState()
        if state.window != window:
            state.window, state.remaining_here, state.remaining_elsewhere, state.exhausted = (
                window,
                0,
                self.quota,
                False,
            )
        return state

    async def _take_block(self, party_id: UUID, state: WindowState, needed: int) -> None:
        """Acquire a block from the database. Other requests of the party in this process wait for the result."""
        async with state.lock:
            if state.remaining_here >= needed or state.exhausted:
                return
            window = state.window
            try:
                async with self._engine.begin() as conn:
                    granted, left = await rate_limit_blocks.take_block(
                        conn, party_id, window, block=self._block, quota=self.quota
                    )
            except DATABASE_ERRORS as error:
                logger().warning("rate_limits.unavailable", error=error)
                granted, left = self._block, state.remaining_elsewhere
            if state.window == window:
                state.remaining_here += granted
                state.remaining_elsewhere, state.exhausted = left, granted <= 0
