"""Credentials of a party, for the admin: given, listed, rotated, ended."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import credentials, party_lookup
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import InjectedContext, path_id, require_permission
from services.gateway.api.descriptions.operations import (
    BODY_PROBLEMS,
    COMMON_PROBLEMS,
    IDEMPOTENCY_PROBLEMS,
    header_parameter,
    path_parameter,
    problem_responses,
    request_body,
)
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.pagination import parse_cursor
from shared.command_requests import render_stored_response
from shared.contracts.fields import format_timestamp
from shared.contracts.parties import CredentialRotation, NewCredential
from shared.strict_json import parse_json, validate
from shared.web import read_body, require_json

PATH = "/v1/parties/{id}/credentials"
NO_STORE = {"Cache-Control": "no-store"}


async def give_credential(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("give_credential"))],
) -> Response:
    """Give a party a credential: a secret (shown once) when nothing is sent, or its own public key (`private_key_jwt`).

    Two or more may live at once, so that one can follow the other. Where the hub trusts an outside issuer, `subject`
    says who the party is in its tokens.
    """
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request)
    new = validate(NewCredential, parse_json(raw_body or b"{}"))
    party_id = path_id(request)
    # No body and an empty one say the same.
    command = make_command(principal, request.url.path, key, raw_body.removeprefix(b"{}"))
    return render_stored_response(await credentials.give_credential(context, party_id, new, command=command), NO_STORE)


async def list_credentials(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("list_credentials", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List a party's living credentials, newest first: their kind, last use and end, never their secrets."""
    found = await party_lookup.list_credentials(context, path_id(request), before=parse_cursor(cursor), limit=limit + 1)
    more = found[limit - 1]["client_id"] if len(found) > limit else None
    return JSONResponse({"data": [_render_credential(row) for row in found[:limit]], "next_cursor": more})


async def rotate_credential(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("rotate_credential"))],
) -> Response:
    """Make a new credential in the place of one, which works on for `overlap_hours` (24 when not said).

    The new one is of the same kind: a secret (shown once), or the public key that is sent along.
    """
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await _read_optional_body(request)
    rotation = validate(CredentialRotation, parse_json(raw_body or b"{}"))
    party_id, client_id = path_id(request), str(request.path_params["client_id"])
    command = make_command(principal, request.url.path, key, raw_body)
    return render_stored_response(
        await credentials.rotate_credential(context, party_id, client_id, rotation, command=command), NO_STORE
    )


async def end_credential(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("end_credential"))],
) -> Response:
    """End a credential; tokens it was given stop within a minute everywhere."""
    await credentials.end_credential(context, path_id(request), str(request.path_params["client_id"]))
    return Response(status_code=204)


async def _read_optional_body(request: Request) -> bytes:
    raw_body = await read_body(request)
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


def add_credential_routes(app: FastAPI) -> None:
    """Serve credentials."""
    key = header_parameter("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one = path_parameter("id", {"type": "string", "format": "uuid"})
    both = [one, path_parameter("client_id", {"type": "string"})]
    new = {"parameters": [one, key], "requestBody": request_body(NewCredential, required=False)}
    next_one = {"parameters": [*both, key], "requestBody": request_body(CredentialRotation, required=False)}
    keys = (
        *BODY_PROBLEMS,
        *IDEMPOTENCY_PROBLEMS,
        "not-found",
        "secret-not-kept",
        "public-key-unfit",
        "private-key-sent",
    )
    for method, path, handler, summary, good, extra, codes in (
        ("POST", PATH, give_credential, "Give a credential", 201, new, (*keys, "subject-taken")),
        ("GET", PATH, list_credentials, "List credentials", 200, {"parameters": [one]}, ("not-found",)),
        (
            "POST",
            PATH + "/{client_id}/rotation",
            rotate_credential,
            "Rotate a credential",
            201,
            next_one,
            (*keys, "not-rotated-so", "last-admin"),
        ),
        (
            "DELETE",
            PATH + "/{client_id}",
            end_credential,
            "End a credential",
            204,
            {"parameters": both},
            ("not-found", "last-admin"),
        ),
    ):
        app.add_api_route(
            path,
            handler,
            methods=[method],
            operation_id=handler.__name__,
            tags=["who"],
            summary=summary,
            status_code=good,
            response_class=Response if good == 204 else JSONResponse,
            response_description=summary,
            responses=problem_responses(*COMMON_PROBLEMS, *codes),
            openapi_extra=extra,
        )
