"""Credentials of a party, for the administrator."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import credentials, party_lookup
from services.gateway.actions.credentials import NewCredentialRecord, Rotation
from services.gateway.actions.party_lookup import CredentialRecord
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.credentials.models import (
    CreatedCredential,
    Credential,
    ReplacedCredential,
    RotatedCredential,
)
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_page
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.command_requests import render_stored_response
from shared.contracts.parties import CredentialRotation, NewCredential
from shared.contracts.views.pages import render_rows
from shared.strict_json import parse_json, validate
from shared.web import render_page, require_json


async def create_credential(request: Request, route: Route) -> Response:
    """Create a credential of a party: a secret if nothing is sent, or from the party's own public key."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request, route)
    new = validate(NewCredential, parse_json(raw_body or b"{}"))
    party_id = path_id(request)
    # An empty body and no body are the same command.
    command = make_command(principal, request.url.path, key, raw_body.removeprefix(b"{}"))
    created = await credentials.give_credential(
        get_context(request), party_id, new, command=command, render=_render_created
    )
    return render_stored_response(created)


async def list_credentials(request: Request, route: Route) -> Response:
    """Return a page of a party's credentials."""
    await admit(request, route)
    page = parse_page(request)
    found = await party_lookup.list_credentials(
        get_context(request), path_id(request), before=page.before, limit=page.one_more
    )
    rows = (_make_view(record).model_dump_json() for record in found[: page.limit])
    return render_page(render_rows(rows, [str(record.client_id) for record in found]))


async def rotate_credential(request: Request, route: Route) -> Response:
    """Create a new credential in place of an old one."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request, route)
    rotation = validate(CredentialRotation, parse_json(raw_body or b"{}"))
    party_id, client_id = path_id(request), str(request.path_params["client_id"])
    command = make_command(principal, request.url.path, key, raw_body)
    rotated = await credentials.rotate_credential(
        get_context(request), party_id, client_id, rotation, command=command, render=_render_rotated
    )
    return render_stored_response(rotated)


async def delete_credential(request: Request, route: Route) -> Response:
    """End a credential."""
    await admit(request, route)
    await credentials.end_credential(get_context(request), path_id(request), str(request.path_params["client_id"]))
    return Response(status_code=204)


async def _read_optional_body(request: Request, route: Route) -> bytes:
    raw_body = await read_route_body(request, route)
    if raw_body.strip() not in {b"", b"{}"}:
        require_json(request)
    return raw_body.strip()


def _render_created(record: NewCredentialRecord) -> str:
    return CreatedCredential(
        client_id=record.client_id,
        client_secret=record.secret,
        kids=record.kids,
        subject=record.subject,
        expires_at=record.expires_at,
    ).model_dump_json()


def _render_rotated(rotation: Rotation) -> str:
    return RotatedCredential(
        client_id=rotation.new.client_id,
        client_secret=rotation.new.secret,
        kids=rotation.new.kids,
        subject=rotation.new.subject,
        expires_at=rotation.new.expires_at,
        replaces=ReplacedCredential(client_id=rotation.old_client_id, ends_at=rotation.old_ends_at),
    ).model_dump_json()


def _make_view(record: CredentialRecord) -> Credential:
    return Credential(
        client_id=record.client_id,
        kind=record.kind,
        kids=record.kids,
        subject=record.subject,
        made_at=record.made_at,
        last_used_at=record.last_used_at,
        expires_at=record.expires_at,
    )
