"""Acknowledgements: store a receiver's own result for an event, and publish it to the sender of the subject."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions.intake import next_sequence, publish_event
from services.notifications.actions.responses import store_response
from services.notifications.domain import event_payloads
from services.notifications.domain.audience import senders_except
from services.notifications.store import acknowledgements, events
from services.notifications.store.acknowledgements import ReceivedEvent
from services.notifications.store.tables import commands, mandates
from shared import idempotency
from shared.contracts.messages import Sender
from shared.contracts.parties import Party
from shared.contracts.views.webhooks import StoredAcknowledgement
from shared.contracts.webhooks import Acknowledgement
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.mandate_copies import list_representing
from shared.problems import Conflict, NotFound

MAX_ACKNOWLEDGEMENTS = Limit(
    10,
    "acknowledgements",
    subject=LimitSubject.EVENTS,
    meaning="Different acknowledgements of one event by one party",
    beyond="409 `too-many-acknowledgements`",
)


async def acknowledge(
    engine: AsyncEngine,
    event_id: UUID,
    acknowledgement: Acknowledgement,
    party: Party,
    command: IdempotentCommand,
    *,
    acknowledgement_id: UUID,
    at: datetime,
) -> StoredResponse:
    """Store a party's own result for an event that it could receive. The latest counts.

    The same result again changes nothing. The sender receives an event for a new outcome only. Earlier results stay as
    evidence, so their number is limited. Raise NotFound or Conflict.
    """
    async with engine.begin() as conn:
        await events.acquire_intake_lock(conn)
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return stored
        received = await acknowledgements.find_received_event(conn, event_id, party.id)
        if received is None:
            raise NotFound
        outcome, message = acknowledgement.outcome, acknowledgement.message
        earlier = await acknowledgements.list_latest(conn, received.position, party.id, limit=MAX_ACKNOWLEDGEMENTS)
        if earlier and (earlier[0].outcome, earlier[0].message) == (outcome, message):
            view = StoredAcknowledgement(event_id=event_id, outcome=outcome, message=message, at=earlier[0].at)
            return await store_response(conn, command, view, status=200)
        if len(earlier) >= MAX_ACKNOWLEDGEMENTS:
            raise Conflict(
                "too-many-acknowledgements",
                f"You acknowledged this event {MAX_ACKNOWLEDGEMENTS} times with different results. The last one "
                f"counts: {earlier[0].outcome}.",
            )
        await acknowledgements.insert_acknowledgement(
            conn,
            acknowledgement_id=acknowledgement_id,
            position=received.position,
            party_id=party.id,
            outcome=outcome,
            message=message,
            at=at,
        )
        if not earlier or earlier[0].outcome != outcome:
            await _notify_sender(conn, event_id, received, acknowledgement, party, at=at)
        view = StoredAcknowledgement(event_id=event_id, outcome=outcome, message=message, at=at)
        return await store_response(conn, command, view, status=200)


async def _notify_sender(
    conn: AsyncConnection,
    event_id: UUID,
    received: ReceivedEvent,
    acknowledgement: Acknowledgement,
    receiver: Party,
    *,
    at: datetime,
) -> None:
    """Publish the result to the sender, unless there is none or the receiver is the only sender."""
    if received.sender is None:
        return
    sender = Sender.model_validate_json(json.dumps(received.sender))
    pairs = {(one.agent, one.trader) for one in sender.agents}
    audience = senders_except(receiver, sender, await list_representing(conn, mandates, pairs))
    if audience is None:
        return
    subject, filter_keys = event_payloads.event_subject(event_id), received.filter_keys
    data = event_payloads.acknowledged_data(
        received.body,
        received.subject,
        acknowledgement,
        sequence=await next_sequence(conn, subject),
        receiver_id=receiver.id,
        at=at,
    )
    await publish_event(conn, subject, event_id, data, audience, filter_keys=filter_keys, at=at)
