"""The post office: claims letters while there is room, lets them fly side by side, settles them as they land.

Nothing waits for anything else: each endpoint has a share of its own of what may fly, those in trouble together have
at most half of all, and what has landed is settled in batches while others are still under way. A process that dies
loses nothing, for its leases end. Any number run side by side.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions import delivery
from services.notifications.actions.delivery import PATIENCE, Landed
from services.notifications.actions.encryption_keys import Keys
from services.notifications.domain.concurrency_limit import START, in_trouble, next_share
from services.notifications.domain.delivery_request import Letter
from services.notifications.domain.delivery_result import Outcome
from services.notifications.domain.retry_schedule import SCHEDULE
from shared.database import new_id, now
from shared.logs import logger

LEASE = timedelta(seconds=25)
"""Longer than a letter may fly (15 s) and be settled; at most 30 s."""
TOGETHER, APART = 64, 0.005
"""How many letters set off in one go, and the seconds to the next. Many endpoints may have one host: what wants to
connect there beyond its queue (128 usually) would be dropped, and tried again by TCP only after a second."""
Post = Callable[[Letter], Awaitable[Outcome]]


class PostOffice:
    """One worker's loop: from the lanes of the database to the receivers."""

    def __init__(
        self,
        engine: AsyncEngine,
        post: Post,
        keys: Keys,
        *,
        schedule: Sequence[timedelta] = SCHEDULE,
        patience: timedelta = PATIENCE,
        lease: timedelta = LEASE,
        poll: float = 0.1,
        limit: int = 1024,
    ) -> None:
        self._engine, self._post, self._keys, self._patience = engine, post, keys, patience
        self._schedule, self._lease, self._poll, self._limit = schedule, lease, poll, limit
        self._flying: Counter[UUID] = Counter()
        self._shares: dict[UUID, int] = {}
        self._landed: list[Landed] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._landing, self._settled = asyncio.Event(), asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what flies has landed and is settled."""
        self._stopping = True
        self._settled.set()

    async def run(self) -> None:
        """Deliver until stopped; raises what a fault of ours may raise, so that the process is started anew."""
        settling = asyncio.create_task(self._keep_settling())
        try:
            while not self._stopping and not settling.done():
                self._settled.clear()
                if not await self._send_off():
                    self._forget()
                    await self._rest()
            while self._flying and not settling.done():
                self._settled.clear()
                await self._rest()
            if settling.done():
                settling.result()
        finally:
            for task in (settling, *self._tasks):
                task.cancel()

    async def _send_off(self) -> int:
        """Claim and send as much as there is room for; answers how many. An error of the database is waited out."""
        room = self._limit - self._flying.total()
        if room <= 0:
            return 0
        at = now()
        try:
            letters = await delivery.claim(
                self._engine,
                new_id(at),
                at=at,
                lease=self._lease,
                limit=room,
                share=START,
                shares=self._known_shares(),
                keys=self._keys,
            )
        except Exception as error:
            logger().warning("claim.failed", error=repr(error)[:500])
            await asyncio.sleep(0.5)
            return 0
        for first in range(0, len(letters), TOGETHER):
            if first:
                await asyncio.sleep(APART)
            for letter in letters[first : first + TOGETHER]:
                self._launch(letter)
        return len(letters)

    def _launch(self, letter: Letter) -> None:
        self._flying[letter.endpoint_id] += 1
        task = asyncio.create_task(self._fly(letter))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _known_shares(self) -> dict[UUID, int]:
        """Answer how much may fly to each endpoint of which something is known."""
        ill = [id for id, share in self._shares.items() if in_trouble(share)]
        full_of_ill = sum(self._flying[id] for id in ill) >= self._limit // 2
        return self._shares | (dict.fromkeys(ill, 0) if full_of_ill else {})

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self._settled.wait()
        except TimeoutError:
            pass

    async def _fly(self, letter: Letter) -> None:
        at = now()
        try:
            outcome = await self._post(letter)
        except Exception as error:
            logger().error("post.broke", delivery=str(letter.delivery_id), exc_info=error)
            outcome = Outcome(None, "it could not be sent: a fault of the hub", 0)
        self._landed.append(Landed(letter, at, outcome))
        self._landing.set()

    async def _keep_settling(self) -> None:
        while True:
            await self._landing.wait()
            self._landing.clear()
            landed, self._landed = self._landed, []
            await self._settle(landed)
            for one in landed:
                self._note(one.letter.endpoint_id, well=one.outcome.delivered)
            self._settled.set()

    async def _settle(self, landed: Sequence[Landed]) -> None:
        """Settle; while the database is away try again until the leases have ended and others will send anew."""
        ends = now() + self._lease
        while True:
            try:
                await delivery.settle(self._engine, landed, at=now(), schedule=self._schedule, patience=self._patience)
            except Exception as error:
                logger().warning("settle.failed", letters=len(landed), error=repr(error)[:500])
                if now() > ends:
                    return
                await asyncio.sleep(0.5)
            else:
                return

    def _note(self, endpoint: UUID, *, well: bool) -> None:
        self._flying[endpoint] -= 1
        if not self._flying[endpoint]:
            del self._flying[endpoint]
        self._shares[endpoint] = next_share(self._shares.get(endpoint, START), well=well)

    def _forget(self) -> None:
        """Forget, while there is nothing to send, the endpoints that are well and have nothing under way."""
        shares = self._shares.items()
        self._shares = {id: share for id, share in shares if in_trouble(share) or id in self._flying}
