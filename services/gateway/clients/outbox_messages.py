"""Transfer of outbox messages to other services: submissions as raw JSON with one result each, and changed parties."""

import json
from collections.abc import Sequence
from typing import Any

from shared.contracts.fields import format_timestamp, render_digest
from shared.dispatcher import OutboxMessage
from shared.message_batches import (
    ReceiverError,
    Refusals,
    RenderedMessage,
    post_batch,
    render_batch,
    send_batch,
)
from shared.service_client import ServiceClient


async def send_submissions(permits: ServiceClient, messages: Sequence[RenderedMessage]) -> Refusals:
    """Send submissions to permits. Return why permits did not store some of them.

    Raise ServiceUnreachable, ResponseLost or ReceiverError for all of them. If a submission was stored before, a
    repetition has the same result.
    """
    return await send_batch(permits, "gateway", "/internal/declarations", messages)


async def send_unverified(permits: ServiceClient, message: OutboxMessage, reason: str) -> None:
    """Send permits a submission that it could not check, so that an officer decides."""
    content = render_submission(message, unverified=reason[:500])
    if await send_submissions(permits, [RenderedMessage(message["id"], content)]):
        raise ReceiverError("permits did not store an unverified declaration")


async def send_parties(service: ServiceClient, messages: Sequence[RenderedMessage]) -> Refusals:
    """Send changed parties to a service. Its copy stores the highest version of each, in any order."""
    await post_batch(service, "gateway", "/internal/parties", render_batch(messages, "parties"))
    return {}


async def send_mandates(service: ServiceClient, messages: Sequence[RenderedMessage]) -> Refusals:
    """Send changed mandates to a service. Its copy stores the highest revision of each, in any order."""
    await post_batch(service, "gateway", "/internal/mandates", render_batch(messages, "mandates"))
    return {}


def render_mandate(message: OutboxMessage) -> bytes:
    """Return a changed mandate as JSON."""
    return json.dumps(message["mandate"]).encode()


def render_party(message: OutboxMessage) -> bytes:
    """Return a changed party as JSON."""
    return json.dumps(message["party"]).encode()


def render_submission(message: OutboxMessage, *, unverified: str | None = None) -> bytes:
    """Return a SubmissionMessage around the normalized declaration. For JSON these are the submitted bytes."""
    party = _to_json(message["party"])
    represented = message["represented"]
    reason = "" if unverified is None else f'"unverified":{json.dumps(unverified)},'
    reason += "" if represented is None else f'"represented":{_to_json(represented)},'
    reason += "" if message["officer"] is None else f'"officer":{json.dumps(message["officer"])},'
    head = (
        f'{{"id":"{message["id"]}","received_at":"{format_timestamp(message["received_at"])}",'
        f'"digest":"{render_digest(message["digest"])}","trader":"{message["trader_id"]}",{reason}'
        f'"party":{party},"declaration":'
    )
    body: bytes = message["body"] if message["normalized"] is None else message["normalized"]
    return head.encode() + body + b"}"


def _to_json(content: Any) -> str:
    """Return content as JSON text. It is text already if the message was not read from the database."""
    return content if isinstance(content, str) else json.dumps(content)
