"""The client of the notifications service, which receives the events of permits."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from shared.contracts.fields import format_timestamp
from shared.contracts.limits import EVENT_DATA_BYTES, EVENT_ENTRIES
from shared.dispatcher import OutboxMessage
from shared.message_batches import ReceiverError, Refusals, RenderedMessage, send_batch
from shared.service_client import ServiceClient

SHORT_FIELD_BYTES = 4_096
"""The most bytes of a field in the short form of an event."""
NAMED_LISTS = ("usage", "lines", "attempts")


async def send_events(notifications: ServiceClient, messages: Sequence[RenderedMessage]) -> Refusals:
    """Send a batch of events. Return why notifications did not store some of them.

    Raise ServiceUnreachable, ResponseLost or ReceiverError for all of them.
    """
    return await send_batch(notifications, "permits", "/internal/news", messages)


async def send_short_event(notifications: ServiceClient, message: OutboxMessage) -> None:
    """Send the short form of an event that notifications did not take. The receivers then read its subject."""
    short = RenderedMessage(message["id"], _render(message, _shortest_data(message["data"])))
    if refusals := await send_events(notifications, [short]):
        raise ReceiverError(f"notifications refused the short form of an event: {refusals[message['id']]}")


def render_event_message(message: OutboxMessage) -> bytes:
    """Render an outbox message (contract `EventMessage`). Its data and audience are stored as JSON and copied.

    An earlier version of the hub stored larger data. They are sent within the limit of today.
    """
    data: str = message["data"]
    is_large = len(data) * 4 > EVENT_DATA_BYTES and len(data.encode()) > EVENT_DATA_BYTES
    return _render(message, _shorter_data(data) if is_large else data)


def _render(message: OutboxMessage, data: str) -> bytes:
    envelope = {name: message[name] for name in ("id", "type", "subject", "sequence")}
    envelope["at"] = format_timestamp(message["at"])
    return f'{to_json(envelope).decode()[:-1]},"data":{data},"audience":{message["audience"]}}}'.encode()


def _shorter_data(data: str) -> str:
    """Return data with rules and counts in place of findings, and with the first lines; else only the short fields."""
    fields: dict[str, Any] = json.loads(data)
    if (findings := fields.pop("findings", None)) is not None:
        fields |= _count_findings(findings)
    for name in NAMED_LISTS:
        if len(fields.get(name, ())) > EVENT_ENTRIES:
            fields[f"{name}_omitted"] = len(fields[name]) - EVENT_ENTRIES
            fields[name] = fields[name][:EVENT_ENTRIES]
    shorter = json.dumps(fields, ensure_ascii=False)
    return shorter if len(shorter.encode()) <= EVENT_DATA_BYTES else _shortest_data(shorter)


def _shortest_data(data: str) -> str:
    """Return data with only the fields that identify the event and its subject: ids, numbers, status and reason."""
    fields = json.loads(data)
    return json.dumps(
        {name: value for name, value in fields.items() if len(json.dumps(value)) <= SHORT_FIELD_BYTES},
        ensure_ascii=False,
    )


def _count_findings(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields by which an event counts findings: see `FindingCounts` and `RuleCount`."""
    counts = Counter((one["rule"], one["severity"]) for one in findings if not one.get("overridden"))
    severities = {"block": 0, "refer": 0, "note": 0}
    for (_, severity), count in counts.items():
        severities[severity] += count
    rules = [{"rule": rule, "severity": severity, "count": count} for (rule, severity), count in counts.items()]
    return {"finding_counts": severities, "rules": rules}
