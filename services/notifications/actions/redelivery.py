"""Deliveries at the owner's request: a test, a replay of a span of time, one delivery again.

The owner speaks for the receiver, so each request ends the cooldown of the endpoint. Queues are locked before
deliveries, here as in the settlement of deliveries, so that the two never deadlock.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions.intake import next_requested_sequence, notify_owner
from services.notifications.actions.responses import store_response
from services.notifications.domain import event_payloads
from services.notifications.domain.retry_schedule import MAX_CHALLENGE_ATTEMPTS
from services.notifications.store import deliveries, delivery_queues, endpoints, events, rate_limits
from services.notifications.store.deliveries import DeliveryDetails
from services.notifications.store.tables import commands
from shared import idempotency
from shared.cites.events import EventType
from shared.contracts.closed_sets import DeliveryStatus
from shared.contracts.events.endpoints import EndpointTest
from shared.contracts.views.webhooks import AcknowledgementView, Attempt, DeliveryView, ReplayResult, SentEvent
from shared.contracts.webhooks import Replay
from shared.database import run_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, Fault, Invalid, NotFound

MAX_ATTEMPTS = Limit(
    200,
    "attempts",
    subject=LimitSubject.EVENTS,
    meaning="Attempts at a delivery, after which its owner cannot repeat it",
    beyond="409 `too-many-attempts`",
)


async def send_test(
    engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, command: IdempotentCommand, *, at: datetime
) -> StoredResponse:
    """Send an `endpoint.test` event to this endpoint only, whatever its event types.

    Raise NotFound or TooManyRequests.
    """

    async def transaction(conn: AsyncConnection) -> StoredResponse:
        await events.acquire_intake_lock(conn)
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return stored
        if await endpoints.find_owned(conn, endpoint_id, party_id) is None:
            raise NotFound
        await rate_limits.end_cooldown(conn, endpoint_id)
        subject = event_payloads.endpoint_subject(endpoint_id)
        data = EndpointTest(sequence=await next_requested_sequence(conn, subject, at=at), endpoint_id=endpoint_id)
        event_id, position = await notify_owner(conn, data, party_ids=[], at=at)
        [delivery_id] = await deliveries.insert_for_endpoint(conn, endpoint_id, [position], at=at)
        await delivery_queues.make_due(conn, endpoint_id, [subject], at=at)
        return await store_response(conn, command, SentEvent(event_id=event_id, delivery_id=delivery_id), status=202)

    return await run_transaction(engine, transaction)


async def replay(
    engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, request: Replay, command: IdempotentCommand, *, at: datetime
) -> StoredResponse:
    """Send an endpoint the events of a span of time again, under the same event ids. Raise NotFound, Invalid."""
    if request.since > at:
        text = "Expected `since` in the past: the hub has sent nothing after it."
        raise Invalid("invalid-body", text, [Fault("/since", "in-the-future", text)])
    selection = deliveries.ReplaySelection(
        since=request.since,
        until=request.until or at,
        types=request.types,
        given_up=request.status == DeliveryStatus.GIVEN_UP,
    )

    async def transaction(conn: AsyncConnection) -> StoredResponse:
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return stored
        if await endpoints.lock_owned(conn, endpoint_id, party_id) is None:
            raise NotFound
        await rate_limits.end_cooldown(conn, endpoint_id)
        subjects = await deliveries.list_replayable_subjects(conn, endpoint_id, selection)
        await delivery_queues.make_due(conn, endpoint_id, subjects, at=at)
        count = await deliveries.replay(conn, endpoint_id, subjects, selection, at=at)
        result = ReplayResult(since=selection.since, until=selection.until, deliveries=count)
        return await store_response(conn, command, result, status=202)

    return await run_transaction(engine, transaction)


async def retry(
    engine: AsyncEngine, delivery_id: UUID, party_id: UUID, command: IdempotentCommand, *, at: datetime
) -> StoredResponse:
    """Send one delivery again now, given up or not. Its queue counts attempts from zero.

    Raise NotFound, or Conflict if it was attempted too often.
    """

    async def transaction(conn: AsyncConnection) -> StoredResponse:
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return stored
        queue = await deliveries.find_queue(conn, delivery_id, party_id)
        if queue is None or await endpoints.lock_owned(conn, queue.endpoint_id, party_id) is None:
            raise NotFound
        _require_more_attempts(await deliveries.read_delivery(conn, delivery_id), queue.endpoint_id)
        await rate_limits.end_cooldown(conn, queue.endpoint_id)
        await delivery_queues.make_due(conn, queue.endpoint_id, [queue.subject], at=at)
        await deliveries.make_pending(conn, delivery_id)
        details = await deliveries.read_delivery(conn, delivery_id)
        return await store_response(conn, command, render_delivery(details), status=202)

    return await run_transaction(engine, transaction)


def _require_more_attempts(delivery: DeliveryDetails, endpoint_id: UUID) -> None:
    """Raise Conflict if the owner may not have a delivery attempted again."""
    if delivery.event_type == EventType.ENDPOINT_VERIFICATION:
        raise Conflict(
            "too-many-attempts",
            f"The hub sends a challenge at most {MAX_CHALLENGE_ATTEMPTS} times. Ask for a new one: "
            f"POST /v1/webhook-endpoints/{endpoint_id}/verification.",
        )
    if len(delivery.attempts) >= MAX_ATTEMPTS:
        raise Conflict(
            "too-many-attempts",
            f"The hub attempted this delivery {len(delivery.attempts)} times. Read the event in the feed: "
            "GET /v1/events.",
        )


async def list_deliveries(
    engine: AsyncEngine, endpoint_id: UUID, party_id: UUID, *, status: str | None, before: int, limit: int
) -> list[DeliveryDetails]:
    """List an endpoint's deliveries, newest first. Raise NotFound."""
    async with engine.connect() as conn:
        if await endpoints.find_owned(conn, endpoint_id, party_id) is None:
            raise NotFound
        return await deliveries.list_for_endpoint(conn, endpoint_id, status=status, before=before, limit=limit)


def render_delivery(delivery: DeliveryDetails) -> DeliveryView:
    """Return a delivery with its attempts as the endpoint's owner sees it."""
    acknowledgement = delivery.acknowledgement
    return DeliveryView(
        id=delivery.delivery_id,
        event_id=delivery.event_id,
        type=delivery.event_type,
        subject=delivery.subject,
        status=DeliveryStatus(delivery.status),
        created_at=delivery.created_at,
        settled_at=delivery.settled_at,
        next_attempt_at=delivery.due_at,
        attempts=tuple(Attempt.model_validate(attempt) for attempt in delivery.attempts),
        acknowledgement=None if acknowledgement is None else AcknowledgementView.model_validate(acknowledgement),
    )
