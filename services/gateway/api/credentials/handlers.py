"""Credentials of a party, for the administrator."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import credentials, party_lookup
from services.gateway.api.auth.authentication import admit, get_context, path_id
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_page, render_page
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.command_requests import render_stored_response
from shared.contracts.fields import format_timestamp
from shared.contracts.parties import CredentialRotation, NewCredential
from shared.strict_json import parse_json, validate
from shared.web import require_json

NO_STORE = {"Cache-Control": "no-store"}


async def create_credential(request: Request, route: Route) -> Response:
    """Make a credential of a party: a secret when nothing is sent, or from the party's own public key."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request, route)
    new = validate(NewCredential, parse_json(raw_body or b"{}"))
    party_id = path_id(request)
    # No body and an empty one say the same.
    command = make_command(principal, request.url.path, key, raw_body.removeprefix(b"{}"))
    created = await credentials.give_credential(get_context(request), party_id, new, command=command)
    return render_stored_response(created, NO_STORE)


async def list_credentials(request: Request, route: Route) -> Response:
    """Return a page of a party's credentials."""
    await admit(request, route)
    page = parse_page(request)
    found = await party_lookup.list_credentials(
        get_context(request), path_id(request), before=page.before, limit=page.one_more
    )
    return JSONResponse(render_page([_render_credential(row) for row in found], page, key="client_id"))


async def rotate_credential(request: Request, route: Route) -> Response:
    """Make a new credential in the place of one."""
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request, route)
    rotation = validate(CredentialRotation, parse_json(raw_body or b"{}"))
    party_id, client_id = path_id(request), str(request.path_params["client_id"])
    command = make_command(principal, request.url.path, key, raw_body)
    rotated = await credentials.rotate_credential(get_context(request), party_id, client_id, rotation, command=command)
    return render_stored_response(rotated, NO_STORE)


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


def _render_credential(row: Any) -> dict[str, Any]:
    kind = "subject" if row["subject"] else "public_key" if row["public_keys"] else "secret"
    content: dict[str, Any] = {"client_id": row["client_id"], "kind": kind}
    if row["public_keys"]:
        content["kids"] = [key["kid"] for key in row["public_keys"]]
    if row["subject"]:
        content["subject"] = row["subject"]
    times = {name: row[name] and format_timestamp(row[name]) for name in ("made_at", "last_used_at", "expires_at")}
    return content | times
