"""A declaration after its submission: read, validated, amended and cancelled."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import amendment, declaration_status, validation
from services.gateway.actions.declaration_representation import find_represented_trader
from services.gateway.api.auth.authentication import admit, authenticate, get_context, make_caller, path_id
from services.gateway.api.protocol.commands import command_id
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.media_types import parse_media_type
from services.gateway.api.proxy.proxy import call_service, internal_path, render_reply
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import JSON, Route
from shared.conditional_requests import render_etag, require_if_match
from shared.contracts.views.parts import render_json
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable


async def read_declaration(request: Request, route: Route) -> Response:
    """Return a declaration as permits has it, or as it was received if permits does not have it yet."""
    context, principal = get_context(request), await admit(request, route)
    found = await declaration_status.read(context, path_id(request), make_caller(principal, request), principal.party)
    if isinstance(found, ServiceResponse):
        return render_reply(found)
    return Response(render_json(found), headers={"ETag": render_etag(found.version)}, media_type=JSON)


async def cancel_declaration(request: Request, route: Route) -> Response:
    """Forward a cancellation. Raise 409 `still-received` if permits does not have the declaration yet."""
    context = get_context(request)
    try:
        reply = await call_service(
            request, route, lambda principal, _: find_represented_trader(context, principal, path_id(request))
        )
    except ServiceUnreachable:
        await _require_forwarded(request, route)
        raise service_unavailable(route.answering_service) from None
    if reply.status == 404:
        await _require_forwarded(request, route)
    return render_reply(reply)


async def amend_declaration(request: Request, route: Route) -> Response:
    """Parse a new version in its own format and forward it. Raise 409 `still-received` as a cancellation does."""
    context, principal = get_context(request), await admit(request, route)
    path = internal_path(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    require_if_match(request.headers.get("if-match"))
    media_type = parse_media_type(request.headers.get("content-type", "").encode("latin-1"))
    raw_body = await read_route_body(request, route)
    try:
        reply = await amendment.amend(
            context,
            principal,
            make_caller(principal, request),
            declaration_id=path_id(request),
            command_id=command_id(principal.party.id, route.method, path, key),
            media_type=media_type,
            body=raw_body,
            if_match=request.headers.get("if-match"),
        )
    except ServiceUnreachable:
        await _require_forwarded(request, route)
        raise service_unavailable(route.answering_service) from None
    if reply.status == 404:
        await _require_forwarded(request, route)
    return render_reply(reply)


async def validate_declaration(request: Request, route: Route) -> Response:
    """Parse a declaration in its own format and return what the rules find in it."""
    context, principal = get_context(request), await admit(request, route)
    media_type = parse_media_type(request.headers.get("content-type", "").encode("latin-1"))
    raw_body = await read_route_body(request, route)
    caller = make_caller(principal, request)
    try:
        found = await validation.validate_declaration(context, principal, caller, media_type, raw_body)
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None
    if isinstance(found, ServiceResponse):
        return render_reply(found)
    return Response(render_json(found), media_type=JSON)


async def _require_forwarded(request: Request, route: Route) -> None:
    """Raise 409 for a command about the caller's declaration that permits does not have yet."""
    context = get_context(request)
    principal = await authenticate(request.scope, request.headers.get("authorization", ""), route)
    await declaration_status.require_forwarded(context, path_id(request), principal.party)
