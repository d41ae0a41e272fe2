"""/v1/webhook-endpoints: the URLs to which the hub sends a party's events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from services.notifications.actions import backlog, endpoint_verification, endpoints, redelivery, signing_secrets
from services.notifications.api.dependencies import Context, SyncedParty
from services.notifications.api.pagination import (
    PageSize,
    parse_id,
    parse_position,
    render_cursor,
)
from shared.command_requests import read_command, render_stored_response
from shared.conditional_requests import render_etag, require_if_match
from shared.contracts.closed_sets import DeliveryStatus
from shared.contracts.views.pages import render_rows
from shared.contracts.views.webhooks import EndpointView
from shared.contracts.webhooks import EndpointChange, NewEndpoint, Replay
from shared.database import new_id, now
from shared.web import parse_json_body, read_body, read_json_body, render_page, render_view

router = APIRouter(prefix="/v1/webhook-endpoints")
EndpointId = Annotated[UUID, Path(alias="id")]
HIGHEST_POSITION = 2**62


@router.post("")
async def create(request: Request, context: Context, party: SyncedParty) -> Response:
    """Create an endpoint: 201 with its id and its secret, shown this once (Standard Webhooks, `whsec_`)."""
    body = await read_body(request)
    new = parse_json_body(request, body, NewEndpoint)
    command = read_command(request, party.id.bytes, body, at=now())
    stored = await endpoints.create(
        context.engine,
        new,
        command,
        context.endpoint_policy,
        party_id=party.id,
        endpoint_id=new_id(command.at),
        at=command.at,
    )
    return render_stored_response(stored)


@router.get("")
async def list_endpoints(context: Context, party: SyncedParty, limit: PageSize = 50, cursor: str = "") -> Response:
    """List the party's endpoints, newest first."""
    found = await endpoints.list_endpoints(
        context.engine, party.id, context.endpoint_policy, before=parse_id(cursor, "cursor"), limit=limit + 1
    )
    rows = (view.model_dump_json() for view in found[:limit])
    return render_page(render_rows(rows, [render_cursor(view.id) for view in found]))


@router.get("/{id}")
async def read(context: Context, party: SyncedParty, endpoint_id: EndpointId) -> Response:
    """Read one endpoint of the party."""
    return _render_endpoint(await endpoints.read(context.engine, endpoint_id, party.id, context.endpoint_policy))


@router.patch("/{id}")
async def change(
    request: Request,
    context: Context,
    party: SyncedParty,
    endpoint_id: EndpointId,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Change the given fields of an endpoint, `paused` too. Require If-Match (428 without, 412 if it is stale)."""
    condition = require_if_match(if_match)
    endpoint_change = await read_json_body(request, EndpointChange)
    at = now()
    view, remaining = await endpoints.change(
        context.engine,
        endpoint_id,
        party.id,
        endpoint_change,
        context.endpoint_policy,
        condition=condition,
        at=at,
    )
    response = _render_endpoint(view)
    response.background = BackgroundTask(backlog.resume_remaining, context.engine, endpoint_id, after=remaining, at=at)
    return response


@router.delete("/{id}", status_code=204)
async def delete(context: Context, party: SyncedParty, endpoint_id: EndpointId) -> None:
    """Delete an endpoint and its pending deliveries."""
    await endpoints.delete(context.engine, endpoint_id, party.id, at=now())


@router.post("/{id}/rotate-secret")
async def rotate_secret(request: Request, context: Context, party: SyncedParty, endpoint_id: EndpointId) -> Response:
    """Create a new secret, shown this once. The old one signs too for 24 hours."""
    command = read_command(request, party.id.bytes, await read_body(request), at=now())
    stored = await signing_secrets.rotate(
        context.engine, endpoint_id, party.id, command, context.endpoint_policy, at=command.at
    )
    return render_stored_response(stored)


@router.post("/{id}/verification")
async def send_challenge(request: Request, context: Context, party: SyncedParty, endpoint_id: EndpointId) -> Response:
    """Send a pending endpoint a new challenge: 202 with the ids of the event and the delivery."""
    command = read_command(request, party.id.bytes, await read_body(request), at=now())
    stored = await endpoint_verification.resend_challenge(context.engine, endpoint_id, party.id, command, at=command.at)
    return render_stored_response(stored)


@router.post("/{id}/test")
async def send_test(request: Request, context: Context, party: SyncedParty, endpoint_id: EndpointId) -> Response:
    """Send an `endpoint.test` event to this endpoint only: 202 with the ids of the event and the delivery."""
    command = read_command(request, party.id.bytes, await read_body(request), at=now())
    stored = await redelivery.send_test(context.engine, endpoint_id, party.id, command, at=command.at)
    return render_stored_response(stored)


@router.post("/{id}/replay")
async def replay(request: Request, context: Context, party: SyncedParty, endpoint_id: EndpointId) -> Response:
    """Send the events of a span of time again, of some types or only those given up, under the same ids: 202."""
    body = await read_body(request)
    replay_request = parse_json_body(request, body, Replay)
    command = read_command(request, party.id.bytes, body, at=now())
    stored = await redelivery.replay(context.engine, endpoint_id, party.id, replay_request, command, at=command.at)
    return render_stored_response(stored)


@router.get("/{id}/deliveries")
async def list_deliveries(
    context: Context,
    party: SyncedParty,
    endpoint_id: EndpointId,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    limit: PageSize = 50,
    cursor: str = "",
) -> Response:
    """List an endpoint's deliveries with their attempts (at, status, duration_ms, reason), newest first."""
    before = parse_position(cursor, "cursor", empty=HIGHEST_POSITION)
    found = await redelivery.list_deliveries(
        context.engine, endpoint_id, party.id, status=status, before=before, limit=limit + 1
    )
    rows = (redelivery.render_delivery(delivery).model_dump_json() for delivery in found[:limit])
    return render_page(render_rows(rows, [render_cursor(delivery.position) for delivery in found]))


def _render_endpoint(view: EndpointView) -> Response:
    response = render_view(view)
    response.headers["ETag"] = render_etag(view.version)
    return response
