"""Mandates: traders grant and revoke them; traders and agents read them."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import mandates
from services.gateway.actions.mandates import MandateRecord
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.mandates.models import Mandate
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_page
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.command_requests import render_stored_response
from shared.contracts.parties import NewMandate
from shared.contracts.views.pages import render_rows
from shared.web import parse_json_body, render_page, render_view


async def create_mandate(request: Request, route: Route) -> Response:
    """Grant an agent a mandate of a trader."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await read_route_body(request, route)
    new = parse_json_body(request, raw_body, NewMandate)
    command = make_command(principal, route.path, key, raw_body)
    granted = await mandates.grant(
        get_context(request),
        new,
        principal,
        command=command,
        render=lambda record: _make_view(record).model_dump_json(),
    )
    return render_stored_response(granted)


async def list_mandates(request: Request, route: Route) -> Response:
    """Return a page of the mandates that the caller may read."""
    principal = await admit(request, route)
    page = parse_page(request)
    found = await mandates.list_page(get_context(request), principal, before=page.before, limit=page.one_more)
    rows = (_make_view(record).model_dump_json() for record in found[: page.limit])
    return render_page(render_rows(rows, [str(record.id) for record in found]))


async def read_mandate(request: Request, route: Route) -> Response:
    """Return a mandate."""
    principal = await admit(request, route)
    return render_view(_make_view(await mandates.read(get_context(request), path_id(request), principal)))


async def accept_mandate(request: Request, route: Route) -> Response:
    """Accept a mandate and return it."""
    principal = await admit(request, route)
    return render_view(_make_view(await mandates.accept(get_context(request), path_id(request), principal)))


async def revoke_mandate(request: Request, route: Route) -> Response:
    """Revoke a mandate and return it."""
    return render_view(_make_view(await _revoke(request, route)))


async def delete_mandate(request: Request, route: Route) -> Response:
    """Revoke a mandate."""
    await _revoke(request, route)
    return Response(status_code=204)


async def _revoke(request: Request, route: Route) -> MandateRecord:
    principal = await admit(request, route)
    return await mandates.revoke(get_context(request), path_id(request), principal)


def _make_view(record: MandateRecord) -> Mandate:
    return Mandate(
        id=record.id,
        trader=record.trader_id,
        agent=record.agent_id,
        from_=record.first_day,
        until=record.last_day,
        status=record.status,
        granted_at=record.granted_at,
        granted_by=record.granted_by,
        accepted_at=record.accepted_at,
        revoked_at=record.revoked_at,
        revoked_by=record.revoked_by,
    )
