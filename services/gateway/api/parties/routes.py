"""Parties, for the admin; and who am I, for everybody."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import party_administration, party_lookup
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import InjectedContext, path_id, require_permission
from services.gateway.api.descriptions.operations import (
    BODY_PROBLEMS,
    COMMON_PROBLEMS,
    IDEMPOTENCY_PROBLEMS,
    header_parameter,
    json_content,
    path_parameter,
    problem_responses,
    request_body,
)
from services.gateway.api.protocol.commands import make_command
from services.gateway.api.protocol.headers import parse_idempotency_key, require_version
from services.gateway.api.protocol.pagination import parse_cursor
from shared.command_requests import render_stored_response
from shared.contracts.parties import NewParty, Party, PartyChange
from shared.web import parse_json_body, read_body, read_json_body


async def read_me(principal: Annotated[Principal, Depends(require_permission("read_me"))]) -> Response:
    """Read the party whose token this is: its roles, country, identifiers and grants."""
    return _render_party(principal.party)


async def add_party(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("add_party"))],
) -> Response:
    """Add a party. A number (identifier) belongs to one party only."""
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await read_body(request)
    new = parse_json_body(request, raw_body, NewParty)
    command = make_command(principal, "/v1/parties", key, raw_body)
    created = await party_administration.add_party(context, new, actor_party_id=principal.party.id, command=command)
    return render_stored_response(created)


async def list_parties(
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("list_parties", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List parties, newest first, the disabled ones among them."""
    found = await party_lookup.list_parties(context, before=parse_cursor(cursor), limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return JSONResponse({"data": [p.model_dump(mode="json") for p in found[:limit]], "next_cursor": more})


async def read_party(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("read_party"))],
) -> Response:
    """Read a party as it is now; its version is the ETag that a change names."""
    return _render_party(await party_lookup.read_party(context, path_id(request)))


async def change_party(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("change_party"))],
) -> Response:
    """Change a party: what is named is replaced whole. A disabled party stops within a minute everywhere."""
    change = await read_json_body(request, PartyChange)
    version = require_version(request.headers.get("if-match"))
    return _render_party(
        await party_administration.change_party(
            context, path_id(request), change, actor_party_id=principal.party.id, version=version
        )
    )


def _render_party(party: Party) -> Response:
    return JSONResponse(party.model_dump(mode="json"), headers={"ETag": f'"{party.version}"'})


def add_party_routes(app: FastAPI) -> None:
    """Serve parties and who-am-I."""
    key = header_parameter("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one: list[dict[str, Any]] = [path_parameter("id", {"type": "string", "format": "uuid"})]
    match = header_parameter("If-Match", "The ETag of the version that was read; honoured when sent")
    parties_path = "/v1/parties"
    new, change = {"requestBody": request_body(NewParty)}, {"requestBody": request_body(PartyChange)}
    for method, path, handler, summary, good, extra, codes in (
        ("GET", "/v1/me", read_me, "Who am I?", 200, {}, ()),
        (
            "POST",
            parties_path,
            add_party,
            "Add a party",
            201,
            {"parameters": [key], **new},
            (*BODY_PROBLEMS, "unknown-country", *IDEMPOTENCY_PROBLEMS, IDENTIFIER_TAKEN),
        ),
        ("GET", parties_path, list_parties, "List parties", 200, {}, ()),
        ("GET", parties_path + "/{id}", read_party, "Read a party", 200, {"parameters": one}, ("not-found",)),
        (
            "PATCH",
            parties_path + "/{id}",
            change_party,
            "Change a party",
            200,
            {"parameters": [*one, match], **change},
            CHANGE_PROBLEMS,
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
            response_class=JSONResponse,
            response_description=summary,
            responses=_success_responses(path, method, good) | problem_responses(*COMMON_PROBLEMS, *codes),
            openapi_extra=extra,
        )


IDENTIFIER_TAKEN = "identifier-taken"
CHANGE_PROBLEMS = (
    *BODY_PROBLEMS,
    "unknown-country",
    "not-found",
    "version-missing",
    "version-stale",
    "last-admin",
    IDENTIFIER_TAKEN,
)


def _success_responses(path: str, method: str, status: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers that are one party."""
    if path.endswith(("/parties/{id}", "/me")) or (path.endswith("/parties") and method == "POST"):
        return {status: {"description": "The party", "content": json_content(Party)}}
    return {}
