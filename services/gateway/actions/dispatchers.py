"""The dispatchers of the gateway: submissions to permits, changed parties and mandates to both other services."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.lodgement.waiters import SubmissionWaiters
from services.gateway.clients.outbox_messages import (
    render_mandate,
    render_party,
    render_submission,
    send_mandates,
    send_parties,
    send_submissions,
    send_unverified,
)
from services.gateway.store.parties import list_unsettled_messages
from services.gateway.store.tables import outbox_mandates, outbox_parties, submissions
from shared.contracts.parties import Caller
from shared.dispatcher import Dispatcher, OutboxMessage, OutboxRoute
from shared.message_batches import Refusals, RenderedMessage
from shared.service_client import ServiceClient

POLL_SECONDS = 1.0
"""Seconds between two reads of parties that another process changed."""
PARTY_WAIT_SECONDS = 1.0
"""Seconds for which submissions wait until changed parties arrive.

A service that is unavailable delays no submission longer.
"""
GATEWAY = Caller(service="gateway")


class PartyDispatchers:
    """One dispatcher of changed parties and one of changed mandates per destination.

    It knows which messages of this process are unsettled.
    """

    def __init__(self, engine: AsyncEngine, services: Sequence[ServiceClient]) -> None:
        self._engine = engine
        self._in_flight: set[UUID] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.dispatchers = [*map(self._make_dispatcher, services), *map(self._make_mandate_dispatcher, services)]

    def dispatch(self, ids: Sequence[UUID]) -> None:
        """Register stored messages and send them now."""
        self._in_flight.update(ids)
        if self._in_flight:
            self._idle.clear()
        for dispatcher in self.dispatchers:
            dispatcher.wake()

    async def dispatch_pending(self) -> None:
        """Send the messages that an earlier process stored."""
        async with self._engine.connect() as conn:
            self.dispatch(await list_unsettled_messages(conn))

    async def wait_until_settled(self) -> None:
        """Wait until the registered messages are settled. After the timeout, nothing waits for them again."""
        if not self._idle.is_set():
            try:
                async with asyncio.timeout(PARTY_WAIT_SECONDS):
                    await self._idle.wait()
            except TimeoutError:
                self._on_settled(list(self._in_flight))

    def _on_settled(self, ids: Sequence[UUID]) -> None:
        self._in_flight.difference_update(ids)
        if not self._in_flight:
            self._idle.set()

    def _make_dispatcher(self, service: ServiceClient) -> Dispatcher:
        async def send(messages: Sequence[RenderedMessage]) -> Refusals:
            return await send_parties(service, messages)

        return Dispatcher(
            f"parties to {service.name}",
            self._engine,
            outbox_parties,
            OutboxRoute(render=render_party, send=send, is_ready=lambda: service.is_ready(GATEWAY)),
            poll_seconds=POLL_SECONDS,
            condition=outbox_parties.c.destination == service.name,
            on_settled=self._on_settled,
        )

    def _make_mandate_dispatcher(self, service: ServiceClient) -> Dispatcher:
        async def send(messages: Sequence[RenderedMessage]) -> Refusals:
            return await send_mandates(service, messages)

        return Dispatcher(
            f"mandates to {service.name}",
            self._engine,
            outbox_mandates,
            OutboxRoute(render=render_mandate, send=send, is_ready=lambda: service.is_ready(GATEWAY)),
            poll_seconds=POLL_SECONDS,
            condition=outbox_mandates.c.destination == service.name,
            on_settled=self._on_settled,
        )


def make_submission_dispatcher(
    engine: AsyncEngine, permits: ServiceClient, party_dispatchers: PartyDispatchers, waiters: SubmissionWaiters
) -> Dispatcher:
    """Return the dispatcher of submissions. A submission that permits cannot check goes there as unverified."""

    async def send(batch: Sequence[RenderedMessage]) -> Refusals:
        await party_dispatchers.wait_until_settled()
        return await send_submissions(permits, batch)

    async def send_replacement(message: OutboxMessage, reason: str) -> None:
        await send_unverified(permits, message, reason)

    return Dispatcher(
        "submissions to permits",
        engine,
        submissions,
        OutboxRoute(
            render=render_submission,
            send=send,
            is_ready=lambda: permits.is_ready(GATEWAY),
            send_replacement=send_replacement,
        ),
        content=(submissions.c.body, submissions.c.normalized),
        on_settled=waiters.notify,
    )
