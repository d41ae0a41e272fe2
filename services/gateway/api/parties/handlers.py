"""Parties, for the administrator; and the caller's own party, for every caller."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import party_administration, party_lookup
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.parties.models import PartyView
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_page
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.command_requests import render_stored_response
from shared.conditional_requests import render_etag, require_if_match
from shared.contracts.parties import NewParty, Party, PartyChange
from shared.contracts.views.pages import render_rows
from shared.web import parse_json_body, render_page, render_view


async def read_me(request: Request, route: Route) -> Response:
    """Return the caller's own party."""
    principal = await admit(request, route)
    return _render_party(principal.party)


async def create_party(request: Request, route: Route) -> Response:
    """Add a party."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await read_route_body(request, route)
    new = parse_json_body(request, raw_body, NewParty)
    created = await party_administration.add_party(
        get_context(request),
        new,
        actor_party_id=principal.party.id,
        command=make_command(principal, route.path, key, raw_body),
        render=lambda party: _make_view(party).model_dump_json(),
    )
    return render_stored_response(created)


async def list_parties(request: Request, route: Route) -> Response:
    """Return a page of parties."""
    await admit(request, route)
    page = parse_page(request)
    found = await party_lookup.list_parties(get_context(request), before=page.before, limit=page.one_more)
    rows = (_make_view(party).model_dump_json() for party in found[: page.limit])
    return render_page(render_rows(rows, [str(party.id) for party in found]))


async def read_party(request: Request, route: Route) -> Response:
    """Return a party."""
    await admit(request, route)
    return _render_party(await party_lookup.read_party(get_context(request), path_id(request)))


async def update_party(request: Request, route: Route) -> Response:
    """Change the fields of a party that the request states."""
    principal = await admit(request, route)
    change = parse_json_body(request, await read_route_body(request, route), PartyChange)
    condition = require_if_match(request.headers.get("if-match"))
    return _render_party(
        await party_administration.change_party(
            get_context(request), path_id(request), change, actor_party_id=principal.party.id, condition=condition
        )
    )


def _render_party(party: Party) -> Response:
    return render_view(_make_view(party), headers={"ETag": render_etag(party.version)})


def _make_view(party: Party) -> PartyView:
    return PartyView(
        id=party.id,
        name=party.name,
        country=party.country,
        roles=party.roles,
        identifiers=party.identifiers,
        grants=party.grants,
        disabled=party.disabled,
        version=party.version,
    )
