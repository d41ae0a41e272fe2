"""The trader's declarations that permits is asked about at once, in any format: validated, or put as a new version."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import amendment, validation
from services.gateway.api.auth.authentication import (
    authenticate,
    get_context,
    make_caller,
    path_id,
    require_known_parameters,
)
from services.gateway.api.declarations.read_and_cancel import require_forwarded
from services.gateway.api.declarations.routes import CONTENT_ROUTES
from services.gateway.api.protocol.commands import command_id
from services.gateway.api.protocol.headers import parse_idempotency_key, require_version
from services.gateway.api.protocol.media_types import parse_media_type
from services.gateway.api.proxy.proxy import ProxiedRoute, add_proxied_routes, internal_path, render_reply
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable
from shared.web import read_body


async def amend_or_validate(request: Request, route: ProxiedRoute) -> Response:
    """Read what is stated in its own format and ask permits; 503 with Retry-After when it is away."""
    context = get_context(request)
    principal = await authenticate(context, request.headers.get("authorization", ""), route.operation)
    require_known_parameters(request, ())
    path = internal_path(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    if route.method == "PUT":
        require_version(request.headers.get("if-match"))
    kind = parse_media_type(request.headers.get("content-type", "").encode("latin-1"))
    raw_body = await read_body(request)
    caller = make_caller(principal, request)
    try:
        if route.method == "POST":
            return _render_result(await validation.validate_declaration(context, principal, caller, kind, raw_body))
        amend_command_id = command_id(principal.party.id, route.method, path, key)
        if_match = request.headers.get("if-match")
        reply = await amendment.amend(
            context,
            principal,
            caller,
            declaration_id=path_id(request),
            command_id=amend_command_id,
            media_type=kind,
            body=raw_body,
            if_match=if_match,
        )
    except ServiceUnreachable:
        if route.method == "PUT":
            await require_forwarded(request, route)
        raise service_unavailable(route.service) from None
    if reply.status == 404:
        await require_forwarded(request, route)
    return render_reply(reply)


def _render_result(found: ServiceResponse | dict[str, Any]) -> Response:
    return render_reply(found) if isinstance(found, ServiceResponse) else JSONResponse(found)


def add_amend_and_validate_routes(app: FastAPI) -> None:
    """Serve them, each taking every format a declaration may come in."""
    add_proxied_routes(app, CONTENT_ROUTES, amend_or_validate)
