"""Parties, for the admin; and who am I, for everybody."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import party_administration, party_lookup
from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.idempotency import Made, once
from services.gateway.api.auth.authentication import ADesk, id_of, may
from services.gateway.api.openapi.document import GUARDED, WITH_BODY, body, content, header, in_path, problems
from services.gateway.api.protocol.headers import demanded_version, idempotency_key
from shared.contracts.parties import NewParty, Party, PartyChange
from shared.problems import Invalid
from shared.web import json_of, read_body, read_json

KEYED = ("idempotency-key-invalid", "idempotency-key-reused")


async def read_me(known: Annotated[Known, Depends(may("read_me"))]) -> Response:
    """Read the party whose token this is: its roles, country, identifiers and grants."""
    return _party(known.party)


async def add_party(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("add_party"))]) -> Response:
    """Add a party. A number (identifier) belongs to one party only."""
    key = idempotency_key(request.headers.get("idempotency-key"))
    sent = await read_body(request)
    new = json_of(request, sent, NewParty)
    asked = once(known.party.id, "POST /v1/parties", key, sent)
    answer = await party_administration.add_party(desk, new, by=known.party.id, asked=asked)
    return made(answer, {"ETag": '"1"'}, place="/v1/parties")


async def list_parties(
    desk: ADesk,
    known: Annotated[Known, Depends(may("list_parties", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List parties, newest first, the disabled ones among them."""
    found = await party_lookup.page(desk, before=cursor_of(cursor), limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return JSONResponse({"data": [p.model_dump(mode="json") for p in found[:limit]], "next_cursor": more})


async def read_party(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("read_party"))]) -> Response:
    """Read a party as it is now; its version is the ETag that a change names."""
    return _party(await party_lookup.party(desk, id_of(request)))


async def change_party(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("change_party"))]
) -> Response:
    """Change a party: what is named is replaced whole. A disabled party stops within a minute everywhere."""
    change = await read_json(request, PartyChange)
    version = demanded_version(request.headers.get("if-match"))
    return _party(
        await party_administration.change_party(desk, id_of(request), change, by=known.party.id, version=version)
    )


def _party(party: Party) -> Response:
    return JSONResponse(party.model_dump(mode="json"), headers={"ETag": f'"{party.version}"'})


def made(answer: Made, headers: dict[str, str], *, place: str | None = None) -> Response:
    """Render a creation, the kept answer as well as the new; `place` is where the thing stands, by its id."""
    again = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    where = {} if place is None else {"Location": f"{place}/{json.loads(answer.body)['id']}"}
    return Response(answer.body, status_code=201, media_type="application/json", headers=headers | where | again)


def cursor_of(value: str | None) -> UUID | None:
    """Read a cursor of a list by id; raises Invalid for what was never one."""
    try:
        return None if value is None else UUID(value)
    except ValueError:
        raise Invalid("invalid-parameter", "This cursor is none of ours; begin again without one.") from None


def add_party_routes(app: FastAPI) -> None:
    """Serve parties and who-am-I."""
    key = header("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one: list[dict[str, Any]] = [in_path("id", {"type": "string", "format": "uuid"})]
    match = header("If-Match", "The ETag of the version that was read; honoured when sent")
    p = "/v1/parties"
    new, change = {"requestBody": body(NewParty)}, {"requestBody": body(PartyChange)}
    for method, path, act, summary, good, extra, codes in (
        ("GET", "/v1/me", read_me, "Who am I?", 200, {}, ()),
        (
            "POST",
            p,
            add_party,
            "Add a party",
            201,
            {"parameters": [key], **new},
            (*WITH_BODY, "unknown-country", *KEYED, TAKEN),
        ),
        ("GET", p, list_parties, "List parties", 200, {}, ()),
        ("GET", p + "/{id}", read_party, "Read a party", 200, {"parameters": one}, ("not-found",)),
        ("PATCH", p + "/{id}", change_party, "Change a party", 200, {"parameters": [*one, match], **change}, CHANGED),
    ):
        app.add_api_route(
            path,
            act,
            methods=[method],
            operation_id=act.__name__,
            tags=["who"],
            summary=summary,
            status_code=good,
            response_class=JSONResponse,
            response_description=summary,
            responses=_good(path, method, good) | problems(*GUARDED, *codes),
            openapi_extra=extra,
        )


TAKEN = "identifier-taken"
CHANGED = (*WITH_BODY, "unknown-country", "not-found", "version-missing", "version-stale", "last-admin", TAKEN)


def _good(path: str, method: str, status: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers that are one party."""
    if path.endswith(("/parties/{id}", "/me")) or (path.endswith("/parties") and method == "POST"):
        return {status: {"description": "The party", "content": content(Party)}}
    return {}
