"""The challenge of an endpoint. Its response proves that the party that named the URL also controls it."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions.intake import next_requested_sequence, notify_owner
from services.notifications.actions.responses import store_response
from services.notifications.domain import event_payloads
from services.notifications.store import deliveries, delivery_queues, endpoints, events
from services.notifications.store.tables import commands
from shared import idempotency
from shared.contracts.closed_sets import EndpointStatus
from shared.contracts.events.endpoints import EndpointVerification
from shared.contracts.views.webhooks import SentEvent
from shared.database import run_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, NotFound


async def send_challenge(
    conn: AsyncConnection, endpoint_id: UUID, challenge: str, *, at: datetime
) -> tuple[UUID, UUID]:
    """Send a challenge to one endpoint only, in place of an earlier one. Return the ids of event and delivery.

    The caller has acquired the intake lock. Raise TooManyRequests.
    """
    subject = event_payloads.endpoint_subject(endpoint_id)
    sequence = await next_requested_sequence(conn, subject, at=at)
    data = EndpointVerification(sequence=sequence, endpoint_id=endpoint_id, challenge=challenge)
    event_id, position = await notify_owner(conn, data, party_ids=[], at=at)
    await delivery_queues.make_due(conn, endpoint_id, [subject], at=at)
    await deliveries.drop_challenges(conn, endpoint_id, subject, at=at)
    [delivery_id] = await deliveries.insert_for_endpoint(conn, endpoint_id, [position], at=at)
    return event_id, delivery_id


async def resend_challenge(
    engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, command: IdempotentCommand, *, at: datetime
) -> StoredResponse:
    """Send a pending endpoint a new challenge now. Raise NotFound, or Conflict if it is not pending."""

    async def transaction(conn: AsyncConnection) -> StoredResponse:
        await events.acquire_intake_lock(conn)
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return stored
        found = await endpoints.lock_owned(conn, endpoint_id, party_id)
        if found is None:
            raise NotFound
        if found.status != EndpointStatus.PENDING:
            raise Conflict(
                "not-pending", f"The endpoint is {found.status}. Only a pending endpoint needs verification."
            )
        event_id, delivery_id = await send_challenge(conn, endpoint_id, secrets.token_urlsafe(24), at=at)
        return await store_response(conn, command, SentEvent(event_id=event_id, delivery_id=delivery_id), status=202)

    return await run_transaction(engine, transaction)
