"""What an event says on the wire: the same bytes to every receiver, each time, pushed or pulled."""

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.fields import write_moment
from shared.contracts.messages import News
from shared.contracts.webhooks import Acknowledgement

TEST = "endpoint.test"
VERIFICATION = "endpoint.verification"
ACKNOWLEDGED = "event.acknowledged"
DISABLED = "endpoint.disabled"

NAMES = ("declaration_id", "reference", "permit_id", "issuer", "number", "application_id", "quota_id", "status")
"""What the data of an event name the thing by that it is about, and where that stood."""
_SUBJECT = re.compile(r"[a-z]+:[!-~]{1,200}")
_MOST = 2**53


def flaw(news: News) -> str | None:
    """Answer why a piece of news can never be taken in, or None; what is well formed is taken in sooner or later."""
    if not _SUBJECT.fullmatch(news.subject):
        return "the subject is not written kind:id"
    if news.sequence > _MOST:
        return "the sequence is beyond counting"
    return None


def body(*, id: UUID, kind: str, at: datetime, data: dict[str, Any], sequence: int) -> str:
    """Write an event as it is sent: `{"id", "type", "timestamp", "data"}` with the subject's sequence in the data."""
    message = {"id": str(id), "type": kind, "timestamp": write_moment(at), "data": {**data, "sequence": sequence}}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)


def endpoint_subject(endpoint: UUID) -> str:
    """Name an endpoint as the subject of news about itself."""
    return f"endpoint:{endpoint}"


def event_subject(event: UUID) -> str:
    """Name an event as the subject of news about how it was received."""
    return f"event:{event}"


def acknowledged(body: str, subject: str, verdict: Acknowledgement, *, by: UUID, at: datetime) -> dict[str, Any]:
    """Say how an event was received: which event, the things its data name, and the receiver's verdict."""
    event = json.loads(body)
    named = {name: event["data"][name] for name in NAMES if name in event["data"]}
    said = verdict.model_dump(exclude_none=True)
    about = {"event_id": event["id"], "type": event["type"], "subject": subject, **named}
    return {**about, **said, "by": str(by), "at": write_moment(at)}


def challenge(body: bytes) -> str | None:
    """Answer the challenge in the body of a verification."""
    found: str | None = json.loads(body)["data"].get("challenge")
    return found


def answers_challenge(body: bytes, answer: bytes) -> bool:
    """Say whether an answer holds the challenge that was posed, `{"challenge": "…"}`, whatever is beside it."""
    try:
        said = json.loads(answer)
    except ValueError:
        return False
    posed = challenge(body)
    return isinstance(said, dict) and posed is not None and said.get("challenge") == posed


def own_event_id(about: UUID, sequence: int) -> UUID:
    """Name an event of our own after the endpoint or event it is about and the sequence, so that twice is once."""
    return uuid5(about, str(sequence))
