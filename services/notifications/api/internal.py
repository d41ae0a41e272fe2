"""Internal routes: permits sends events; the gateway sends parties and mandates, watches the feed and reads keys."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from services.notifications.actions.feed import read_progress
from services.notifications.actions.intake import receive_events
from services.notifications.actions.parties import store_changed_mandates, update_copies
from services.notifications.api.dependencies import Context
from shared.contracts.closed_sets import MessageOutcome
from shared.contracts.limits import MAX_WAIT_SECONDS, MESSAGE_BATCH_BYTES
from shared.contracts.messages import EventMessage, MandateBatch, MessageResult, MessageResults, PartyBatch
from shared.database import now
from shared.internal_auth import CallingGateway, CallingPermits
from shared.problems import Fault, Invalid
from shared.strict_json import list_faults, parse_json, validate
from shared.web import parse_batch, read_body, require_json

router = APIRouter(prefix="/internal")


@router.post("/news")
async def receive_event_batch(request: Request, context: Context, service: CallingPermits) -> Response:
    """Store events, and return a result for each. One that violates the contract is refused alone."""
    require_json(request)
    body = await read_body(request, limit=MESSAGE_BATCH_BYTES)
    event_messages, results = await parse_batch(body, _parse_messages)
    results += await receive_events(context.engine, event_messages, at=now())
    context.feed_signal.notify()
    return Response(MessageResults(answers=tuple(results)).model_dump_json(), media_type="application/json")


@router.post("/parties", status_code=204)
async def receive_party_batch(request: Request, context: Context, service: CallingGateway) -> None:
    """Update copies of parties (PartyBatch). A version that is older than the copy changes nothing."""
    require_json(request)
    batch = validate(PartyBatch, parse_json(await read_body(request, limit=MESSAGE_BATCH_BYTES)))
    await update_copies(context.engine, batch.parties, at=now())


@router.post("/mandates", status_code=204)
async def receive_mandate_batch(request: Request, context: Context, service: CallingGateway) -> None:
    """Store changed mandates (MandateBatch). A revision that is older than the copy changes nothing."""
    require_json(request)
    batch = validate(MandateBatch, parse_json(await read_body(request, limit=MESSAGE_BATCH_BYTES)))
    await store_changed_mandates(context.engine, batch.mandates)


@router.get("/feed-progress")
async def read_feed_progress(
    context: Context,
    service: CallingGateway,
    after: Annotated[int | None, Query(ge=0)] = None,
    seconds: Annotated[int, Query(ge=0, le=MAX_WAIT_SECONDS)] = 0,
) -> Response:
    """Return how far the feed has come since a position, and for whom. Wait up to `seconds` until it moves.

    The gateway sends one such request for all parties that wait for events.
    """
    progress = await read_progress(context.autocommit_engine, context.feed_signal, after=after, seconds=seconds)
    return Response(progress.model_dump_json(), media_type="application/json")


@router.get("/webhook-keys")
async def webhook_keys(request: Request, context: Context, service: CallingGateway) -> Response:
    """Return the public keys that sign deliveries, as a JSON Web Key Set. The gateway publishes them."""
    return JSONResponse(context.endpoint_policy.keys.public_jwks())


def _parse_messages(body: bytes) -> tuple[list[EventMessage], list[MessageResult]]:
    """Return the valid messages, and a result for each invalid one. Raise Invalid if the body is not a batch."""
    batch = parse_json(body)
    if not isinstance(batch, dict) or not isinstance(batch.get("letters"), list):
        raise Invalid(
            "invalid-body",
            "The batch has no list of messages. The operator of the hub checks the calling service.",
            [Fault("/letters", "required", "Expected a list of messages.")],
        )
    event_messages: list[EventMessage] = []
    results: list[MessageResult] = []
    for index, given in enumerate(batch["letters"]):
        try:
            event_messages.append(EventMessage.model_validate(given))
        except ValidationError as error:
            reason = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in list_faults(error)[:5])
            results.append(MessageResult(id=_message_id(given, index), outcome=MessageOutcome.REFUSED, reason=reason))
    return event_messages, results


def _message_id(given: Any, index: int) -> UUID:
    try:
        return UUID(given["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        fault = Fault(f"/letters/{index}/id", "required", "Expected the id of the message.")
        raise Invalid(
            "invalid-body",
            "A message of the batch has no id. The operator of the hub checks the calling service.",
            [fault],
        ) from None
