"""Mandates: granted and revoked by traders, read by both sides."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import mandates
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_page, render_page
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.command_requests import render_stored_response
from shared.contracts.parties import NewMandate
from shared.web import parse_json_body


async def create_mandate(request: Request, route: Route) -> Response:
    """Grant an agent a mandate of a trader."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await read_route_body(request, route)
    new = parse_json_body(request, raw_body, NewMandate)
    command = make_command(principal, route.path, key, raw_body)
    return render_stored_response(await mandates.grant(get_context(request), new, principal, command=command))


async def list_mandates(request: Request, route: Route) -> Response:
    """Return a page of the mandates that the caller may read."""
    principal = await admit(request, route)
    page = parse_page(request)
    found = await mandates.list_page(get_context(request), principal, before=page.before, limit=page.one_more)
    return JSONResponse(render_page(found, page, key="id"))


async def read_mandate(request: Request, route: Route) -> Response:
    """Return a mandate."""
    principal = await admit(request, route)
    return JSONResponse(await mandates.read(get_context(request), path_id(request), principal))


async def revoke_mandate(request: Request, route: Route) -> Response:
    """Revoke a mandate, and return it."""
    return JSONResponse(await _revoke(request, route))


async def delete_mandate(request: Request, route: Route) -> Response:
    """Revoke a mandate."""
    await _revoke(request, route)
    return Response(status_code=204)


async def _revoke(request: Request, route: Route) -> dict[str, Any]:
    principal = await admit(request, route)
    return await mandates.revoke(get_context(request), path_id(request), principal)
