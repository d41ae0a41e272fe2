"""Credentials of a party, for the admin: given, listed, rotated, ended."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import credentials, party_lookup
from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.idempotency import once
from services.gateway.api.auth.authentication import ADesk, id_of, may
from services.gateway.api.openapi.document import GUARDED, WITH_BODY, body, header, in_path, problems
from services.gateway.api.parties.routes import KEYED, cursor_of, made
from services.gateway.api.protocol.headers import idempotency_key
from shared.contracts.fields import write_moment
from shared.contracts.parties import NewCredential, Rotation
from shared.strict_json import parse_json, validate
from shared.web import must_be_json, read_body

C = "/v1/parties/{id}/credentials"
NO_STORE = {"Cache-Control": "no-store"}


async def give_credential(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("give_credential"))]
) -> Response:
    """Give a party a credential: a secret (shown once) when nothing is sent, or its own public key (`private_key_jwt`).

    Two or more may live at once, so that one can follow the other. Where the hub trusts an outside issuer, `subject`
    says who the party is in its tokens.
    """
    key = idempotency_key(request.headers.get("idempotency-key"))
    sent = await _body(request)
    new = validate(NewCredential, parse_json(sent or b"{}"))
    party_id = id_of(request)
    asked = once(known.party.id, f"POST /v1/parties/{party_id}/credentials", key, sent.strip().removeprefix(b"{}"))
    return made(await credentials.give_credential(desk, party_id, new, asked=asked), NO_STORE)


async def list_credentials(
    request: Request,
    desk: ADesk,
    known: Annotated[Known, Depends(may("list_credentials", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List a party's living credentials, newest first: their kind, last use and end, never their secrets."""
    found = await party_lookup.credentials_of(desk, id_of(request), before=cursor_of(cursor), limit=limit + 1)
    more = found[limit - 1]["client_id"] if len(found) > limit else None
    return JSONResponse({"data": [_credential(row) for row in found[:limit]], "next_cursor": more})


async def rotate_credential(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("rotate_credential"))]
) -> Response:
    """Make a new credential in the place of one, which works on for `overlap_hours` (24 when not said).

    The new one is of the same kind: a secret (shown once), or the public key that is sent along.
    """
    key = idempotency_key(request.headers.get("idempotency-key"))
    sent = await _body(request)
    wanted = validate(Rotation, parse_json(sent or b"{}"))
    party_id, client_id = id_of(request), str(request.path_params["client_id"])
    asked = once(known.party.id, f"POST {C}/{{client_id}}/rotation {party_id} {client_id}", key, sent)
    return made(await credentials.rotate_credential(desk, party_id, client_id, wanted, asked=asked), NO_STORE)


async def end_credential(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("end_credential"))]
) -> Response:
    """End a credential; tokens it was given stop within a minute everywhere."""
    await credentials.end_credential(desk, id_of(request), str(request.path_params["client_id"]))
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    sent = await read_body(request)
    if sent.strip() not in {b"", b"{}"}:
        must_be_json(request)
    return sent.strip()


def _credential(row: Any) -> dict[str, Any]:
    kind = "subject" if row["subject"] else "public_key" if row["public_keys"] else "secret"
    said: dict[str, Any] = {"client_id": row["client_id"], "kind": kind}
    if row["public_keys"]:
        said["kids"] = [key["kid"] for key in row["public_keys"]]
    if row["subject"]:
        said["subject"] = row["subject"]
    times = {name: row[name] and write_moment(row[name]) for name in ("made_at", "last_used_at", "expires_at")}
    return said | times


def add_credential_routes(app: FastAPI) -> None:
    """Serve credentials."""
    key = header("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one = in_path("id", {"type": "string", "format": "uuid"})
    both = [one, in_path("client_id", {"type": "string"})]
    new = {"parameters": [one, key], "requestBody": body(NewCredential, required=False)}
    next_one = {"parameters": [*both, key], "requestBody": body(Rotation, required=False)}
    keys = (*WITH_BODY, *KEYED, "not-found", "secret-not-kept", "public-key-unfit", "private-key-sent")
    for method, path, act, summary, good, extra, codes in (
        ("POST", C, give_credential, "Give a credential", 201, new, (*keys, "subject-taken")),
        ("GET", C, list_credentials, "List credentials", 200, {"parameters": [one]}, ("not-found",)),
        (
            "POST",
            C + "/{client_id}/rotation",
            rotate_credential,
            "Rotate a credential",
            201,
            next_one,
            (*keys, "not-rotated-so", "last-admin"),
        ),
        (
            "DELETE",
            C + "/{client_id}",
            end_credential,
            "End a credential",
            204,
            {"parameters": both},
            ("not-found", "last-admin"),
        ),
    ):
        app.add_api_route(
            path,
            act,
            methods=[method],
            operation_id=act.__name__,
            tags=["who"],
            summary=summary,
            status_code=good,
            response_class=Response if good == 204 else JSONResponse,
            response_description=summary,
            responses=problems(*GUARDED, *codes),
            openapi_extra=extra,
        )
