"""The gateway's trips: submissions to permits, changed parties to permits and to notifications, the parties first."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.lodgement.waiters import Waiting
from services.gateway.clients.outbox_messages import carry_parties, carry_submissions, carry_unverified
from services.gateway.store.parties import waiting
from services.gateway.store.tables import party_letters, submissions
from shared.dispatcher import Courier, Letter
from shared.service_client import Service

LOOK_EVERY = 1.0
"""Seconds between two looks for parties that another process changed."""
PATIENCE = 1.0
"""Seconds that submissions wait for changed parties to go out before them; a copy that is away holds up nobody."""


class PartyLetters:
    """Changed parties on their way, a trip a destination; knows whether this process has any under way."""

    def __init__(self, engine: AsyncEngine, services: Sequence[Service]) -> None:
        self._engine = engine
        self._under_way: set[UUID] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.couriers = [self._trip(service) for service in services]

    def put(self, ids: Sequence[UUID]) -> None:
        """Say that letters were put, and send them at once."""
        self._under_way.update(ids)
        if self._under_way:
            self._quiet.clear()
        for courier in self.couriers:
            courier.wake()

    async def put_left(self) -> None:
        """Begin with the letters that an earlier process left."""
        async with self._engine.connect() as conn:
            self.put(await waiting(conn))

    async def gone(self) -> None:
        """Wait until the letters put before were taken in, but only so long, and only once."""
        if not self._quiet.is_set():
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._quiet.wait()
            except TimeoutError:
                self._settled(list(self._under_way))

    def _settled(self, ids: Sequence[UUID]) -> None:
        self._under_way.difference_update(ids)
        if not self._under_way:
            self._quiet.set()

    def _trip(self, service: Service) -> Courier:
        async def deliver(letters: Sequence[Letter]) -> dict[UUID, bool]:
            return await carry_parties(service, letters)

        only = party_letters.c.destination == service.name
        name = f"parties to {service.name}"
        return Courier(name, self._engine, party_letters, deliver, poll=LOOK_EVERY, only=only, settled=self._settled)


def submission_trip(engine: AsyncEngine, permits: Service, letters: PartyLetters, waiting: Waiting) -> Courier:
    """Make the courier of submissions; what breaks permits alone goes there unverified in the end."""

    async def deliver(batch: Sequence[Letter]) -> dict[UUID, bool]:
        await letters.gone()
        return await carry_submissions(permits, batch)

    async def last_resort(letter: Letter, reason: str) -> None:
        await carry_unverified(permits, letter, reason)

    return Courier(
        "submissions to permits",
        engine,
        submissions,
        deliver,
        last_resort=last_resort,
        settled=waiting.wake,
    )
