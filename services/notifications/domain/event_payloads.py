"""What an event says on the wire: the same bytes to every receiver, each time, pushed or pulled."""

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.events.endpoints import EventAcknowledged
from shared.contracts.fields import format_timestamp
from shared.contracts.messages import EventMessage
from shared.contracts.webhooks import Acknowledgement

_SUBJECT_PATTERN = re.compile(r"[a-z]+:[!-~]{1,200}")
_MAX_SEQUENCE = 2**53


def find_fault(event_message: EventMessage) -> str | None:
    """Answer why a piece of news can never be taken in, or None; what is well formed is taken in sooner or later."""
    if not _SUBJECT_PATTERN.fullmatch(event_message.subject):
        return "the subject is not written kind:id"
    if event_message.sequence > _MAX_SEQUENCE:
        return "the sequence is beyond counting"
    return None


def render_body(*, event_id: UUID, event_type: str, at: datetime, data: dict[str, Any], sequence: int) -> str:
    """Write an event as it is sent: `{"id", "type", "timestamp", "data"}` with the subject's sequence in the data."""
    message = {
        "id": str(event_id),
        "type": event_type,
        "timestamp": format_timestamp(at),
        "data": {**data, "sequence": sequence},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)


def endpoint_subject(endpoint_id: UUID) -> str:
    """Name an endpoint as the subject of news about itself."""
    return f"endpoint:{endpoint_id}"


def event_subject(event_id: UUID) -> str:
    """Name an event as the subject of news about how it was received."""
    return f"event:{event_id}"


def acknowledged_data(
    body: str, subject: str, acknowledgement: Acknowledgement, *, sequence: int, receiver_id: UUID, at: datetime
) -> EventAcknowledged:
    """Return how an event was received: which event, the things its data name, and the receiver's verdict."""
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
    """Answer the challenge in the body of a verification."""
    found: str | None = json.loads(body)["data"].get("challenge")
    return found


def is_challenge_met(body: bytes, response_body: bytes) -> bool:
    """Say whether an answer holds the challenge that was posed, `{"challenge": "…"}`, whatever is beside it."""
    try:
        response = json.loads(response_body)
    except ValueError:
        return False
    expected = parse_challenge(body)
    return isinstance(response, dict) and expected is not None and response.get("challenge") == expected


def derive_event_id(namespace: UUID, sequence: int) -> UUID:
    """Name an event of our own after the endpoint or event it is about and the sequence, so that twice is once."""
    return uuid5(namespace, str(sequence))
