"""Mandates: given and taken back by traders, read by both sides."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import mandates
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
from shared.contracts.parties import NewMandate
from shared.web import parse_json_body, read_body

PATH = "/v1/mandates"


async def grant_mandate(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("grant_mandate"))],
) -> Response:
    """Let an agent declare for a trader, from one day to another (both included, in UTC).

    The trader gives it itself; the administrator may do so for a trader it names. The agent then names the trader in
    the declaration's `trader`; both stand in the history. The trader may take it back at any time.
    """
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    raw_body = await read_body(request)
    new = parse_json_body(request, raw_body, NewMandate)
    command = make_command(principal, PATH, key, raw_body)
    return render_stored_response(await mandates.grant(context, new, principal, command=command))


async def list_mandates(
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("list_mandates", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List the mandates one gave or was given, newest first; the administrator lists all."""
    found = await mandates.list_page(context, principal, before=parse_cursor(cursor), limit=limit + 1)
    more = found[limit - 1]["id"] if len(found) > limit else None
    return JSONResponse({"data": found[:limit], "next_cursor": more})


async def read_mandate(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("read_mandate"))],
) -> Response:
    """Read a mandate one gave or was given: its days, and whether it lives, is over or was revoked."""
    return JSONResponse(await mandates.read(context, path_id(request), principal))


async def revoke_mandate(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("revoke_mandate"))],
) -> Response:
    """Take a mandate back: within a minute everywhere the agent lodges, amends and cancels under it no more.

    What it lodged stands, and it may still read it. Asking again changes nothing.
    """
    return JSONResponse(await _revoke(request, context, principal))


async def end_mandate(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("end_mandate"))],
) -> Response:
    """Take a mandate back, as `POST …/revocation` does; it stays readable."""
    await _revoke(request, context, principal)
    return Response(status_code=204)


async def _revoke(request: Request, context: Any, principal: Principal) -> dict[str, Any]:
    id: UUID = path_id(request)
    return await mandates.revoke(context, id, principal)


def add_mandate_routes(app: FastAPI) -> None:
    """Serve mandates."""
    key = header_parameter("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one: dict[str, Any] = {"parameters": [path_parameter("id", {"type": "string", "format": "uuid"})]}
    new = {"parameters": [key], "requestBody": request_body(NewMandate)}
    granted = (*BODY_PROBLEMS, *IDEMPOTENCY_PROBLEMS, "not-your-mandate", "agent-unknown")
    for method, path, handler, summary, good, extra, codes in (
        ("POST", PATH, grant_mandate, "Give a mandate", 201, new, granted),
        ("GET", PATH, list_mandates, "List mandates", 200, {}, ()),
        ("GET", PATH + "/{id}", read_mandate, "Read a mandate", 200, one, ("not-found",)),
        (
            "POST",
            PATH + "/{id}/revocation",
            revoke_mandate,
            "Revoke a mandate",
            200,
            one,
            ("not-found", "not-your-mandate"),
        ),
        (
            "DELETE",
            PATH + "/{id}",
            end_mandate,
            "Revoke a mandate, as DELETE",
            204,
            one,
            ("not-found", "not-your-mandate"),
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
