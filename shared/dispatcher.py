"""The courier: one loop that carries waiting letters to where they go, whatever dies on the way.

Lease what is due, deliver, settle; put off what could not be delivered; never give up. It wakes when a letter is
handed to it or it is told to, and polls for what other processes put. Any number run side by side. A batch that
breaks the receiver is halved until the letter that breaks it stands alone.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.database import now
from shared.logs import logger
from shared.service_client import Away, Dropped, Hung

Letter = Mapping[str, Any]
"""A row of the outbox table, `id` among its columns."""
Deliver = Callable[[Sequence[Letter]], Awaitable[Mapping[UUID, bool]]]
"""Carries letters; answers for each whether it was taken. Raises Away, Dropped or Broke for the whole batch."""
LastResort = Callable[[Letter, str], Awaitable[None]]

SOLO_TRIES = 5
HANDED_LIMIT = 4_000


class Broke(Exception):
    """The receiver answered that it failed (5xx): one of the letters may be what breaks it."""


def pause_after(failures: int, chance: float) -> timedelta:
    """Answer how long to wait after so many failures in a row: 0.1 s doubling to 2 s, ±25 %."""
    return timedelta(seconds=min(0.1 * 2 ** min(failures, 10), 2.0) * (0.75 + 0.5 * chance))


class Courier:
    """One trip: from one outbox table (or those of its letters that `only` names) to one receiver."""

    def __init__(
        self,
        name: str,
        engine: AsyncEngine,
        table: Table,
        deliver: Deliver,
        *,
        limit: int = 200,
        poll: float = 0.25,
        only: ColumnElement[bool] | None = None,
        last_resort: LastResort | None = None,
        settled: Callable[[Sequence[UUID]], None] = lambda ids: None,
    ) -> None:
        self.name = name
        self._engine, self._table, self._deliver = engine, table, deliver
        self._limit, self._poll, self._only = limit, poll, only
        self._last_resort, self._settled = last_resort, settled
        self._handed: deque[Letter] = deque()
        self._woken = asyncio.Event()
        self._failures = 0
        self._alone: dict[UUID, int] = {}
        self._looked = 0.0

    @property
    def room(self) -> bool:
        """Say whether letters may be handed over in memory; if not, put them due now and let the courier find them."""
        return len(self._handed) < HANDED_LIMIT and self._failures == 0

    def hand(self, letters: Sequence[Letter]) -> None:
        """Give the courier letters that were put already leased to it, so that they need not be read again."""
        self._handed.extend(letters)
        self._woken.set()

    def wake(self) -> None:
        """Say that a letter was put."""
        self._woken.set()

    async def run(self) -> None:
        """Carry letters until cancelled."""
        while True:
            try:
                idle = not await self._round()
            except Exception as error:
                self._failures += 1
                logger().warning("courier.failed", trip=self.name, error=repr(error)[:500])
                idle = False
            await self._rest(idle=idle)

    async def _round(self) -> int:
        letters = await self._take()
        if letters:
            try:
                await self._carry(letters)
            except Exception:
                self._keep(letters)
                raise
        return len(letters)

    def _keep(self, letters: Sequence[Letter]) -> None:
        """Carry letters again from memory: our own database failed, and until their leases end nobody else would."""
        kept = {letter["id"] for letter in self._handed}
        self._handed.extend(letter for letter in letters if letter["id"] not in kept)

    async def _take(self) -> Sequence[Letter]:
        at = asyncio.get_running_loop().time()
        if self._handed and at - self._looked < self._poll:
            return [self._handed.popleft() for _ in range(min(self._limit, len(self._handed)))]
        self._looked = at
        async with self._engine.begin() as conn:
            rows = await outbox.lease(conn, self._table, at=now(), limit=self._limit, only=self._only)
            found = [dict(row) for row in rows]
        if found or not self._handed:
            return found
        return [self._handed.popleft() for _ in range(min(self._limit, len(self._handed)))]

    async def _rest(self, *, idle: bool) -> None:
        if self._failures:
            await asyncio.sleep(pause_after(self._failures, random.random()).total_seconds())  # noqa: S311
        elif idle and not self._handed:
            try:
                async with asyncio.timeout(self._poll):
                    await self._woken.wait()
            except TimeoutError:
                pass
        self._woken.clear()

    async def _carry(self, letters: Sequence[Letter]) -> None:
        try:
            outcomes = await self._deliver(letters)
        except (Away, Hung) as away:
            await self._put_off(letters, str(away))
        except (Broke, Dropped) as broke:
            if len(letters) > 1:
                await self._carry(letters[: len(letters) // 2])
                await self._carry(letters[len(letters) // 2 :])
            else:
                await self._stood_alone(letters[0], str(broke))
        else:
            await self._settle(letters, outcomes)

    async def _settle(self, letters: Sequence[Letter], outcomes: Mapping[UUID, bool]) -> None:
        self._failures = 0
        done = [letter["id"] for letter in letters if outcomes.get(letter["id"])]
        left = [letter for letter in letters if not outcomes.get(letter["id"])]
        for id in done:
            self._alone.pop(id, None)
        if done:
            self._settled(done)
            async with self._engine.begin() as conn:
                await outbox.settle(conn, self._table, done, at=now())
        if left:
            await self._put_off(left, "not taken in yet", failures=0)

    async def _put_off(self, letters: Sequence[Letter], why: str, failures: int | None = None) -> None:
        self._failures = self._failures + 1 if failures is None else failures
        if self._failures in {1, 10, 100}:
            logger().warning("courier.away", trip=self.name, letters=len(letters), why=why)
        letters = [*letters, *self._handed]
        self._handed.clear()
        wait = pause_after(self._failures, random.random())  # noqa: S311
        try:
            async with self._engine.begin() as conn:
                await outbox.put_off(conn, self._table, [letter["id"] for letter in letters], due_at=now() + wait)
        except Exception:
            self._keep(letters)
            raise

    async def _stood_alone(self, letter: Letter, why: str) -> None:
        """Count the failures of a letter that broke the receiver alone; the last resort follows the last try."""
        self._alone[letter["id"]] = self._alone.get(letter["id"], 0) + 1
        logger().error(
            "courier.broke",
            trip=self.name,
            letter=str(letter["id"]),
            tries=self._alone[letter["id"]],
            why=why,
        )
        if self._last_resort is not None and self._alone[letter["id"]] >= SOLO_TRIES:
            await self._last_resort(letter, why)
            await self._settle([letter], {letter["id"]: True})
        else:
            wait = pause_after(self._alone[letter["id"]], random.random())  # noqa: S311
            async with self._engine.begin() as conn:
                await outbox.put_off(conn, self._table, [letter["id"]], due_at=now() + wait)
