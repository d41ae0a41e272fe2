"""The wire form of an event: the same bytes at every attempt, by webhook and feed.

Offices receive all of an event, holders of a permit nothing of another trader's declaration.
"""

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from shared.cites.events import EventType
from shared.contracts.events.endpoints import EventAcknowledged
from shared.contracts.fields import format_timestamp
from shared.contracts.messages import EventMessage
from shared.contracts.webhooks import Acknowledgement

_SUBJECT_PATTERN = re.compile(r"[a-z]+:[!-~]{1,200}")
_HIGHEST_SEQUENCE = 2**53


def find_fault(event_message: EventMessage) -> str | None:
    """Return why an event can never be stored, or None. Each other event can be stored, now or later."""
    if not _SUBJECT_PATTERN.fullmatch(event_message.subject):
        return "the subject is not written kind:id"
    if event_message.sequence > _HIGHEST_SEQUENCE:
        return "the sequence is beyond counting"
    return None


def render_body(*, event_id: UUID, event_type: str, at: datetime, data: dict[str, Any], sequence: int) -> str:
    """Render an event as it is sent: `{"id", "type", "timestamp", "data"}`, with its sequence in the data."""
    message = {
        "id": str(event_id),
        "type": event_type,
        "timestamp": format_timestamp(at),
        "data": {**data, "sequence": sequence},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)


def content_of(body: str) -> tuple[str, Any]:
    """Return the type and the data of a rendered event: all that two events of one sequence may differ in, but time."""
    message = json.loads(body)
    return message["type"], message["data"]


def hide_from_holders(event_type: str, data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the data of an event for receivers that are neither an office nor a partner with a grant for it.

    Return None if they receive the same data as all others.
    """
    if event_type != EventType.PERMIT_SECOND_USE_ATTEMPTED:
        return None
    shown = {name: value for name, value in data.items() if name != "attempts_omitted"}
    return {**shown, "declaration_id": None, "reference": None, "attempts": []}


def endpoint_subject(endpoint_id: UUID) -> str:
    """Return the subject of events about an endpoint."""
    return f"endpoint:{endpoint_id}"


def event_subject(event_id: UUID) -> str:
    """Return the subject of events about the acknowledgements of an event."""
    return f"event:{event_id}"


def acknowledged_data(
    body: str, subject: str, acknowledgement: Acknowledgement, *, sequence: int, receiver_id: UUID, at: datetime
) -> EventAcknowledged:
    """Return the data of an acknowledgement: the event, the ids in its data, and the receiver's own result."""
    event = json.loads(body)
    named = event["data"]
    return EventAcknowledged(
        sequence=sequence,
        event_id=event["id"],
        type=event["type"],
        subject=subject,
        outcome=acknowledgement.outcome,
        message=acknowledgement.message,
        by=receiver_id,
        at=at,
        declaration_id=named.get("declaration_id"),
        permit_id=named.get("permit_id"),
        application_id=named.get("application_id"),
        quota_id=named.get("quota_id"),
        reference=named.get("reference"),
        issuer=named.get("issuer"),
        number=named.get("number"),
        status=named.get("status"),
    )


def parse_challenge(body: bytes) -> str | None:
    """Parse the challenge in the body of an `endpoint.verification` event."""
    found: str | None = json.loads(body)["data"].get("challenge")
    return found


def is_challenge_met(body: bytes, response_body: bytes) -> bool:
    """Return whether a response contains the sent challenge, `{"challenge": "…"}`, and no other data of the event.

    A server that returns every request proves nothing. With CloudEvents the body is the event's data: the challenge is
    at the same place in request and response.
    """
    try:
        response = json.loads(response_body)
    except (ValueError, RecursionError):
        return False
    expected = parse_challenge(body)
    if not isinstance(response, dict) or expected is None or response.get("challenge") != expected:
        return False
    return not response.keys() & (json.loads(body)["data"].keys() - {"challenge"})


def derive_event_id(namespace: UUID, sequence: int) -> UUID:
    """Return the id of one of the hub's own events, derived from its subject's id and its sequence.

    So a repeated command yields the same event.
    """
    return uuid5(namespace, str(sequence))
