"""The rate of each party: so many requests a window, over all replicas, each taking its share in blocks.

A replica asks the database once a block, not once a request. When the database cannot answer, nobody is refused for
it: a limit protects the others, and there is nothing to protect them from while nothing is answered.
"""

import asyncio
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import rate_limit_blocks
from shared.logs import logger
from shared.problems import TooMany

WINDOW = 10
"""Seconds of one window: a party may use the quota of all ten in the first."""
BLOCKS = 20
"""Into how many blocks a window's quota is cut: what a replica holds and does not use is at most one of them."""
MOST_PARTIES = 10_000


@dataclass
class Standing:
    """Where a party stands in the present window, as this process knows it."""

    window: int = -1
    mine: int = 0
    elsewhere: int = 0
    used_up: bool = False
    one_ask: asyncio.Lock = field(default_factory=asyncio.Lock)


STANDING: ContextVar[list[tuple[int, int]]] = ContextVar("standing")
"""Where the request at hand leaves its party: left in this window, seconds until the next; for its answer's fields."""


class Limits:
    """Counts the requests of each party; `per_second` of 0 counts nothing."""

    def __init__(self, engine: AsyncEngine, per_second: int) -> None:
        self._engine = engine
        self.quota = per_second * WINDOW
        self._block = max(1, self.quota // BLOCKS)
        self._standings: dict[UUID, Standing] = {}

    @property
    def policy(self) -> str:
        """Write the policy as the RateLimit-Policy field does."""
        return f'"party";q={self.quota};w={WINDOW}'

    async def count(self, party_id: UUID) -> None:
        """Count one request of a party; raises TooMany when its window is used up."""
        if not self.quota:
            return
        at = time.time()
        window = int(at) // WINDOW * WINDOW
        standing = self._standing(party_id, window)
        while standing.mine <= 0 and not standing.used_up:
            await self._ask(party_id, standing)
        rest = max(1, window + WINDOW - int(at))
        refused = standing.mine <= 0
        standing.mine -= 0 if refused else 1
        if standings := STANDING.get(None):
            standings[0] = (standing.mine + standing.elsewhere, rest)
        if refused:
            told = f"Your party may send {self.quota} requests in {WINDOW} s. Go on in {rest} s."
            raise TooMany("too-many-requests", told, rest)

    def _standing(self, party_id: UUID, window: int) -> Standing:
        standing = self._standings.get(party_id)
        if standing is None:
            if len(self._standings) >= MOST_PARTIES:
                self._standings.pop(next(iter(self._standings)))
            standing = self._standings[party_id] = Standing()
        if standing.window != window:
            standing.window, standing.mine, standing.elsewhere, standing.used_up = window, 0, self.quota, False
        return standing

    async def _ask(self, party_id: UUID, standing: Standing) -> None:
        """Take a block, one request of the party at a time; the others of this process wait for what it brings."""
        async with standing.one_ask:
            if standing.mine > 0 or standing.used_up:
                return
            window = standing.window
            try:
                async with self._engine.begin() as conn:
                    had, left = await rate_limit_blocks.take(
                        conn, party_id, window, block=self._block, quota=self.quota
                    )
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                logger().warning("limits.unknown", error=repr(error)[:300])
                had, left = self._block, standing.elsewhere
            if standing.window == window:
                standing.mine, standing.elsewhere, standing.used_up = had, left, had <= 0
