"""Batches of messages between services: a request of limited bytes, and one result for each message."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.closed_sets import MessageOutcome
from shared.contracts.limits import MESSAGE_BATCH_BYTES
from shared.contracts.messages import MessageResults
from shared.contracts.parties import Caller
from shared.request_context import current_request_id
from shared.service_client import ServiceClient, ServiceResponse, ServiceUnreachable

JSON_HEADERS = {"Content-Type": "application/json"}
UNAVAILABLE_STATUSES = frozenset({401, 403, 404, 408, 429, 503})
"""Statuses of a receiver that cannot work now, whatever the messages are."""
ENVELOPE_BYTES = 32
"""Bytes of a request in addition to its messages and the commas between them."""
Refusals = Mapping[UUID, str | None]
"""The messages of a batch that a receiver did not store: the reason by message id, or None if it had no time for it."""


class ReceiverError(Exception):
    """The receiver responded that it failed, or that it refuses the batch. One of the messages may be the cause."""


class RenderedMessage(NamedTuple):
    """A message as its receiver reads it."""

    id: UUID
    content: bytes


def split_by_size(contents: Sequence[bytes]) -> Iterator[slice]:
    """Yield the slices of messages whose request has at most `MESSAGE_BATCH_BYTES`.

    A message that alone exceeds them is a slice of its own.
    """
    begin, size = 0, ENVELOPE_BYTES
    for index, content in enumerate(contents):
        if index > begin and size + len(content) + 1 > MESSAGE_BATCH_BYTES:
            yield slice(begin, index)
            begin, size = index, ENVELOPE_BYTES
        size += len(content) + 1
    if contents:
        yield slice(begin, len(contents))


def render_batch(messages: Sequence[RenderedMessage], name: str = "letters") -> bytes:
    """Return the body of a request with these messages."""
    return f'{{"{name}":['.encode() + b",".join(message.content for message in messages) + b"]}"


async def send_batch(service: ServiceClient, sender: str, path: str, messages: Sequence[RenderedMessage]) -> Refusals:
    """Send a batch, and return why the receiver did not store some of its messages.

    Raise ServiceUnreachable, ResponseLost or ReceiverError for all of them.
    """
    reply = await post_batch(service, sender, path, render_batch(messages))
    try:
        results = MessageResults.model_validate_json(reply.body).answers
    except ValidationError:
        raise ReceiverError("the results could not be read") from None
    stored = {result.id for result in results if result.outcome is MessageOutcome.TAKEN}
    later = {result.id for result in results if result.outcome is MessageOutcome.LATER}
    reasons = {result.id: result.reason or "the receiver returned no reason" for result in results}
    return {
        message.id: None if message.id in later else reasons.get(message.id, "the receiver returned no result")
        for message in messages
        if message.id not in stored
    }


async def post_batch(service: ServiceClient, sender: str, path: str, body: bytes) -> ServiceResponse:
    """Post a batch. Raise ServiceUnreachable, ResponseLost or ReceiverError if the receiver does not confirm it."""
    caller = Caller(service=sender, request_id=current_request_id())
    reply = await service.call("POST", path, caller=caller, body=body, headers=JSON_HEADERS)
    if reply.status in UNAVAILABLE_STATUSES:
        raise ServiceUnreachable(f"{service.name} answered {reply.status}")
    if reply.status >= 300:
        raise ReceiverError(f"{service.name} answered {reply.status}")
    return reply
