"""The rate of each party: so many requests a window, over all replicas, each taking its share in blocks.

A replica asks the database once a block, not once a request. When the database cannot answer, nobody is refused for
it: a limit protects the others, and there is nothing to protect them from while nothing is answered.
"""

import asyncio
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import rate_limit_blocks
from shared.database import DATABASE_ERRORS
from shared.logs import logger
from shared.problems import TooManyRequests

WINDOW_SECONDS = 10
"""Seconds of one window: a party may use the quota of all ten in the first."""
BLOCKS_PER_WINDOW = 20
"""Into how many blocks a window's quota is cut: what a replica holds and does not use is at most one of them."""
MAX_PARTIES = 10_000


@dataclass
class WindowState:
    """Where a party stands in the present window, as this process knows it."""

    window: int = -1
    remaining_here: int = 0
    remaining_elsewhere: int = 0
    exhausted: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


REMAINING: ContextVar[list[tuple[int, int]]] = ContextVar("standing")
"""Where the request at hand leaves its party: left in this window, seconds until the next; for its answer's fields."""


class RateLimits:
    """Counts the requests of each party; `per_second` of 0 counts nothing."""

    def __init__(self, engine: AsyncEngine, per_second: int) -> None:
        self._engine = engine
        self.quota = per_second * WINDOW_SECONDS
        self._block = max(1, self.quota // BLOCKS_PER_WINDOW)
        self._windows: dict[UUID, WindowState] = {}

    @property
    def policy(self) -> str:
        """Write the policy as the RateLimit-Policy field does."""
        return f'"party";q={self.quota};w={WINDOW_SECONDS}'

    async def count(self, party_id: UUID) -> None:
        """Count one request of a party; raises TooManyRequests when its window is used up."""
        if not self.quota:
            return
        at = time.time()
        window = int(at) // WINDOW_SECONDS * WINDOW_SECONDS
        state = self._window_state(party_id, window)
        while state.remaining_here <= 0 and not state.exhausted:
            await self._take_block(party_id, state)
        seconds_left = max(1, window + WINDOW_SECONDS - int(at))
        refused = state.remaining_here <= 0
        state.remaining_here -= 0 if refused else 1
        if slot := REMAINING.get(None):
            slot[0] = (state.remaining_here + state.remaining_elsewhere, seconds_left)
        if refused:
            detail = f"Your party may send {self.quota} requests in {WINDOW_SECONDS} s. Go on in {seconds_left} s."
            raise TooManyRequests("too-many-requests", detail, seconds_left)

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

    async def _take_block(self, party_id: UUID, state: WindowState) -> None:
        """Take a block, one request of the party at a time; the others of this process wait for what it brings."""
        async with state.lock:
            if state.remaining_here > 0 or state.exhausted:
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
                state.remaining_here, state.remaining_elsewhere, state.exhausted = granted, left, granted <= 0
