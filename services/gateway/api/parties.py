"""Parties and their credentials, for the admin; and who am I, for everybody."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import credentials, parties, registry
from services.gateway.actions.once import Made, once
from services.gateway.actions.people import Known
from services.gateway.api.guard import ADesk, id_of, may
from services.gateway.api.headers import demanded_version, idempotency_key
from services.gateway.api.openapi import GUARDED, WITH_BODY, body, content, header, problems
from shared.contracts.people import NewParty, Party, PartyChange
from shared.contracts.words import write_moment
from shared.problems import Invalid
from shared.strict import parse_json, validate
from shared.web import must_be_json, read_body

KEYED = ("idempotency-key-invalid", "idempotency-key-reused")


async def read_me(known: Annotated[Known, Depends(may("read_me"))]) -> Response:
    """Read the party whose token this is: its roles, country, identifiers and grants."""
    return _party(known.party)


async def add_party(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("add_party"))]) -> Response:
    """Add a party. A number (identifier) belongs to one party only."""
    key = idempotency_key(request.headers.get("idempotency-key"))
    must_be_json(request)
    sent = await read_body(request)
    new = validate(NewParty, parse_json(sent))
    asked = once(known.party.id, "POST /v1/parties", key, sent)
    made = await parties.add_party(desk, new, by=known.party.id, asked=asked)
    id = Party.model_validate_json(made.body).id
    return _made(made, {"Location": f"/v1/parties/{id}", "ETag": '"1"'})


async def list_parties(
    desk: ADesk,
    known: Annotated[Known, Depends(may("list_parties", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List parties, newest first, the disabled ones among them."""
    found = await registry.page(desk, before=_cursor(cursor), limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return JSONResponse({"data": [p.model_dump(mode="json") for p in found[:limit]], "next_cursor": more})


async def read_party(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("read_party"))]) -> Response:
    """Read a party as it is now; its version is the ETag that a change names."""
    return _party(await registry.party(desk, id_of(request)))


async def change_party(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("change_party"))]
) -> Response:
    """Change a party: what is named is replaced whole. A disabled party stops within a minute everywhere."""
    must_be_json(request)
    change = validate(PartyChange, parse_json(await read_body(request)))
    version = demanded_version(request.headers.get("if-match"))
    return _party(await parties.change_party(desk, id_of(request), change, by=known.party.id, version=version))


async def give_credential(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("give_credential"))]
) -> Response:
    """Give a party a credential. The secret is shown once; two may live at once, so that one can follow the other."""
    key = idempotency_key(request.headers.get("idempotency-key"))
    sent = await read_body(request)
    if sent.strip() not in {b"", b"{}"}:
        raise Invalid("invalid-body", "Send no body, or an empty object: there is nothing to choose.")
    party_id = id_of(request)
    asked = once(known.party.id, f"POST /v1/parties/{party_id}/credentials", key, b"")
    made = await credentials.give_credential(desk, party_id, asked=asked)
    return _made(made, {"Cache-Control": "no-store"})


async def list_credentials(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("list_credentials"))]
) -> Response:
    """List a party's living credentials, newest first, without their secrets."""
    found = await registry.credentials_of(desk, id_of(request))
    return JSONResponse({"data": [_credential(row) for row in found], "next_cursor": None})


async def end_credential(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("end_credential"))]
) -> Response:
    """End a credential; tokens it was given stop within a minute everywhere."""
    await credentials.end_credential(desk, id_of(request), str(request.path_params["client_id"]))
    return Response(status_code=204)


def _party(party: Party) -> Response:
    return JSONResponse(party.model_dump(mode="json"), headers={"ETag": f'"{party.version}"'})


def _credential(row: Any) -> dict[str, str | None]:
    used = row["last_used_at"]
    times = {"made_at": write_moment(row["made_at"]), "last_used_at": used and write_moment(used)}
    return {"client_id": row["client_id"], **times}


def _made(made: Made, headers: dict[str, str]) -> Response:
    again = {"Idempotency-Replayed": "true"} if made.replayed else {}
    return Response(made.body, status_code=201, media_type="application/json", headers=headers | again)


def _cursor(value: str | None) -> UUID | None:
    try:
        return None if value is None else UUID(value)
    except ValueError:
        raise Invalid("invalid-parameter", "This cursor is none of ours; begin again without one.") from None


def add_party_routes(app: FastAPI) -> None:
    """Serve parties, credentials and who-am-I."""
    key = header("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one: list[dict[str, Any]] = [_in_path("id", {"type": "string", "format": "uuid"})]
    client = _in_path("client_id", {"type": "string"})
    match = header("If-Match", "The ETag of the version that was read; honoured when sent")
    p, c = "/v1/parties", "/v1/parties/{id}/credentials"
    new, change = {"requestBody": body(NewParty)}, {"requestBody": body(PartyChange)}
    for method, path, act, summary, good, extra, codes in (
        ("GET", "/v1/me", read_me, "Who am I?", 200, {}, ()),
        ("POST", p, add_party, "Add a party", 201, {"parameters": [key], **new}, (*WITH_BODY, *KEYED, TAKEN)),
        ("GET", p, list_parties, "List parties", 200, {}, ()),
        ("GET", p + "/{id}", read_party, "Read a party", 200, {"parameters": one}, ("not-found",)),
        ("PATCH", p + "/{id}", change_party, "Change a party", 200, {"parameters": [*one, match], **change}, CHANGED),
        ("POST", c, give_credential, "Give a credential", 201, {"parameters": [*one, key]}, (*KEYED, *GIVEN)),
        ("GET", c, list_credentials, "List credentials", 200, {"parameters": one}, ("not-found",)),
        ("DELETE", c + "/{client_id}", end_credential, "End a credential", 204, {"parameters": [*one, client]}, ENDED),
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
            responses=_good(path, method, good) | problems(*GUARDED, *codes),
            openapi_extra=extra,
        )


TAKEN = "identifier-taken"
CHANGED = (*WITH_BODY, "not-found", "version-missing", "version-stale", "last-admin", TAKEN)
GIVEN = ("not-found", "secret-not-kept", "invalid-body")
ENDED = ("not-found", "last-admin")


def _in_path(name: str, schema: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _good(path: str, method: str, status: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers that are one party."""
    if path.endswith(("/parties/{id}", "/me")) or (path.endswith("/parties") and method == "POST"):
        return {status: {"description": "The party", "content": content(Party)}}
    return {}
