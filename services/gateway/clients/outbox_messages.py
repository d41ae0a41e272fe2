"""Transfer of outbox messages to other services: batches of raw JSON, with one result per message."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.fields import format_timestamp, render_digest
from shared.contracts.messages import MessageResults
from shared.contracts.parties import Caller
from shared.dispatcher import OutboxMessage, ReceiverError
from shared.limits import Limit, LimitSubject
from shared.request_context import current_request_id
from shared.service_client import ServiceClient, ServiceResponse, ServiceUnreachable

MAX_BATCH_BYTES = Limit(
    4_000_000,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="Submissions that the gateway sends to permits in one request",
    beyond="The next request has the rest.",
)
"""Approximate size limit of a batch. A message is never split; one message alone is always sent."""
JSON_HEADERS = {"Content-Type": "application/json"}


async def send_submissions(permits: ServiceClient, messages: Sequence[OutboxMessage]) -> dict[UUID, bool]:
    """Send submissions to permits in batches of some megabytes. Return for each whether permits stored it.

    Raise ServiceUnreachable, ResponseLost or ReceiverError for all of them. If a submission was stored before, a
    repetition has the same result.
    """
    outcomes: dict[UUID, bool] = {}
    for batch in _batches(render_submission(message) for message in messages):
        reply = await _post(permits, "/internal/declarations", b'{"letters":[' + b",".join(batch) + b"]}")
        outcomes |= _parse_results(reply)
    return outcomes


async def send_unverified(permits: ServiceClient, message: OutboxMessage, reason: str) -> None:
    """Send permits a submission that it could not check, so that an officer decides."""
    content = render_submission(message, unverified=reason[:500])
    outcomes = _parse_results(await _post(permits, "/internal/declarations", b'{"letters":[' + content + b"]}"))
    if not outcomes.get(message["id"]):
        raise ReceiverError("permits did not take in an unverified declaration")


async def send_parties(service: ServiceClient, messages: Sequence[OutboxMessage]) -> dict[UUID, bool]:
    """Send changed parties to a service. The newest version of each is enough, because copies store the highest."""
    newest: dict[str, Any] = {}
    for message in messages:
        party = message["party"]
        before = newest.get(party["id"])
        if before is None or party["version"] > before["version"]:
            newest[party["id"]] = party
    await _post(service, "/internal/parties", json.dumps({"parties": list(newest.values())}).encode())
    return {message["id"]: True for message in messages}


def render_submission(message: OutboxMessage, *, unverified: str | None = None) -> bytes:
    """Return a SubmissionMessage around the normalized declaration. For JSON these are the submitted bytes."""
    party = message["party"]
    party = party if isinstance(party, str) else json.dumps(party)
    reason = "" if unverified is None else f'"unverified":{json.dumps(unverified)},'
    head = (
        f'{{"id":"{message["id"]}","received_at":"{format_timestamp(message["received_at"])}",'
        f'"digest":"{render_digest(message["digest"])}","trader":"{message["trader_id"]}",{reason}'
        f'"party":{party},"declaration":'
    )
    body: bytes = message["body"] if message["normalized"] is None else message["normalized"]
    return head.encode() + body + b"}"


def _batches(rendered: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for content in rendered:
        if batch and size + len(content) > MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(content)
        size += len(content)
    if batch:
        yield batch


async def _post(service: ServiceClient, path: str, body: bytes) -> ServiceResponse:
    caller = Caller(service="gateway", request_id=current_request_id())
    reply = await service.call("POST", path, caller=caller, body=body, headers=JSON_HEADERS)
    if reply.status in {401, 403, 404, 408, 429, 503}:
        raise ServiceUnreachable(f"{service.name} answered {reply.status}")
    if reply.status >= 300:
        raise ReceiverError(f"{service.name} answered {reply.status}")
    return reply


def _parse_results(reply: ServiceResponse) -> Mapping[UUID, bool]:
    try:
        results = MessageResults.model_validate_json(reply.body).answers
    except ValidationError:
        raise ReceiverError("the answers could not be read") from None
    return {result.id: result.outcome == "taken" for result in results}
