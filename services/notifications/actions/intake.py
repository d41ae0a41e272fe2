"""The intake of events: each once, in its subject's order, with its feed entries and deliveries in one transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.domain import event_payloads
from services.notifications.domain.audience import audience_keys_for_event, with_named_agents
from services.notifications.domain.event_filters import filter_keys_for_event
from services.notifications.domain.event_patterns import matching_patterns
from services.notifications.domain.withdrawals import WITHDRAWALS
from services.notifications.store import events as store
from services.notifications.store import withdrawal_queues
from shared.contracts.closed_sets import MessageOutcome
from shared.contracts.events.catalogue import event_type_of
from shared.contracts.events.endpoints import EndpointEventData
from shared.contracts.events.parts import EventData
from shared.contracts.messages import SEQUENCE_TAKEN, Audience, EventMessage, MessageResult
from shared.database import retry_transaction
from shared.limits import Limit, LimitSubject
from shared.problems import TooManyRequests

MAX_REQUESTED_EVENTS = Limit(
    20,
    "events",
    subject=LimitSubject.EVENTS,
    meaning="Challenges and tests that the hub sends to one endpoint within an hour",
    beyond="429 `too-many-requests`",
)


async def receive_events(
    engine: AsyncEngine, event_messages: Sequence[EventMessage], *, at: datetime
) -> list[MessageResult]:
    """Store a batch of events. Return for each whether it is stored, now or before, or why it is refused."""
    faults = {event_message.id: event_payloads.find_fault(event_message) for event_message in event_messages}
    rows = [
        _event_row(event_message, filter_keys_for_event(event_message))
        for event_message in event_messages
        if faults[event_message.id] is None
    ]

    async def work() -> set[UUID]:
        async with engine.begin() as conn:
            await store.acquire_intake_lock(conn)
            stored_times = await store.insert_events(conn, rows, at=at)
            others = await _list_others(conn, rows, stored_times)
            positions = await store.assign_positions(conn, sorted({row["subject"] for row in rows}))
            await store.fan_out(conn, positions, at=at)
            if withdrawn := [position for position, event_type in positions.items() if event_type in WITHDRAWALS]:
                await withdrawal_queues.overtake(conn, withdrawn, at=at)
            return stored_times.keys() - others

    stored_ids = await retry_transaction(work) if rows else set()
    return [
        _message_result(event_message.id, faults[event_message.id], event_message.id in stored_ids)
        for event_message in event_messages
    ]


async def next_sequence(conn: AsyncConnection, subject: str) -> int:
    """Return the sequence of this service's next own event about a subject.

    It acquires the intake lock, so it must be the first statement of its transaction.
    """
    await store.acquire_intake_lock(conn)
    return await store.next_sequence(conn, subject)


async def next_requested_sequence(conn: AsyncConnection, subject: str, *, at: datetime) -> int:
    """Return the same for an event about an endpoint that its owner requests. Raise TooManyRequests.

    A stranger could make the hub send to any URL by challenges and tests, and each is an event that the hub keeps.
    """
    sequence = await next_sequence(conn, subject)
    earlier = await store.find_time_received(conn, subject, sequence - MAX_REQUESTED_EVENTS)
    if earlier is not None and earlier > at - timedelta(hours=1):
        seconds = ceil((earlier + timedelta(hours=1) - at).total_seconds())
        raise TooManyRequests(
            "too-many-requests",
            f"The hub sent this endpoint {MAX_REQUESTED_EVENTS} challenges and tests within an hour. Wait {seconds} s, "
            "then go on.",
            seconds,
        )
    return sequence


async def notify_owner(
    conn: AsyncConnection, data: EndpointEventData, *, party_ids: Sequence[UUID], at: datetime
) -> tuple[UUID, int]:
    """Publish an event about an endpoint to these parties. Return its id and position."""
    subject, audience = event_payloads.endpoint_subject(data.endpoint_id), Audience(parties=tuple(party_ids))
    return await publish_event(conn, subject, data.endpoint_id, data, audience, at=at)


async def publish_event(
    conn: AsyncConnection,
    subject: str,
    namespace: UUID,
    data: EventData,
    audience: Audience,
    *,
    filter_keys: Sequence[str] = (),
    at: datetime,
) -> tuple[UUID, int]:
    """Publish an event of this service about a subject. Its id is derived from `namespace`. Return id and position.

    The sequence in its data comes from `next_sequence` in the same transaction.
    """
    event_message = EventMessage(
        id=event_payloads.derive_event_id(namespace, data.sequence),
        type=event_type_of(data),
        subject=subject,
        sequence=data.sequence,
        at=at,
        data=data.model_dump(mode="json", exclude_none=True),
        audience=audience,
    )
    await store.insert_events(conn, [_event_row(event_message, filter_keys)], at=at)
    positions = await store.assign_positions(conn, [subject])
    await store.fan_out(conn, positions, at=at)
    return event_message.id, max(positions)


def _event_row(event_message: EventMessage, filter_keys: Sequence[str]) -> dict[str, Any]:
    named = with_named_agents(event_message.audience)
    holder_data = event_payloads.hide_from_holders(event_message.type, event_message.data)
    audience = {
        "parties": sorted({str(party) for party in named.parties}),
        "agents": [one.model_dump(mode="json") for one in named.agents],
        "audience_keys": sorted(audience_keys_for_event(named)),
        "countries": sorted(set(named.countries)),
    }
    return {
        "id": event_message.id,
        "type": event_message.type,
        "matching_patterns": " ".join(matching_patterns(event_message.type)),
        "subject": event_message.subject,
        "sequence": event_message.sequence,
        "at": event_message.at,
        "body": _render_body(event_message, event_message.data),
        "holder_body": None if holder_data is None else _render_body(event_message, holder_data),
        "audience": json.dumps(audience),
        "filter_keys": json.dumps(filter_keys),
        "sender": None if named.sender is None else named.sender.model_dump_json(),
    }


def _render_body(event_message: EventMessage, data: dict[str, Any]) -> str:
    return event_payloads.render_body(
        event_id=event_message.id,
        event_type=event_message.type,
        at=event_message.at,
        data=data,
        sequence=event_message.sequence,
    )


async def _list_others(
    conn: AsyncConnection, rows: Sequence[dict[str, Any]], stored_times: Mapping[UUID, datetime]
) -> set[UUID]:
    """Return which ids belong to a stored event with another time and another content.

    Permits derives an id from subject and sequence. After a restore of an older backup it publishes known ids again.
    """
    differ = {row["id"]: row for row in rows if stored_times.get(row["id"], row["at"]) != row["at"]}
    bodies = await store.list_bodies(conn, differ) if differ else {}
    return {
        event_id
        for event_id, body in bodies.items()
        if event_payloads.content_of(body) != event_payloads.content_of(differ[event_id]["body"])
    }


def _message_result(event_id: UUID, fault: str | None, is_stored: bool) -> MessageResult:
    if fault is None and is_stored:
        return MessageResult(id=event_id, outcome=MessageOutcome.TAKEN)
    return MessageResult(id=event_id, outcome=MessageOutcome.REFUSED, reason=fault or SEQUENCE_TAKEN)
