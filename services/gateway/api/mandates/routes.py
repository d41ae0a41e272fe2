"""Mandates: given and taken back by traders, read by both sides."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import mandates
from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.idempotency import once
from services.gateway.api.auth.authentication import ADesk, id_of, may
from services.gateway.api.openapi.document import GUARDED, WITH_BODY, body, header, in_path, problems
from services.gateway.api.parties.routes import KEYED, cursor_of, made
from services.gateway.api.protocol.headers import idempotency_key
from shared.contracts.parties import NewMandate
from shared.web import json_of, read_body

M = "/v1/mandates"


async def grant_mandate(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("grant_mandate"))]
) -> Response:
    """Let an agent declare for a trader, from one day to another (both included, in UTC).

    The trader gives it itself; the administrator may do so for a trader it names. The agent then names the trader in
    the declaration's `trader`; both stand in the history. The trader may take it back at any time.
    """
    key = idempotency_key(request.headers.get("idempotency-key"))
    sent = await read_body(request)
    new = json_of(request, sent, NewMandate)
    answer = await mandates.grant(desk, new, known, asked=once(known.party.id, f"POST {M}", key, sent))
    return made(answer, {}, place=M)


async def list_mandates(
    desk: ADesk,
    known: Annotated[Known, Depends(may("list_mandates", "limit", "cursor"))],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str | None, Query(description="Where to go on: `next_cursor` of the page before")] = None,
) -> Response:
    """List the mandates one gave or was given, newest first; the administrator lists all."""
    found = await mandates.page(desk, known, before=cursor_of(cursor), limit=limit + 1)
    more = found[limit - 1]["id"] if len(found) > limit else None
    return JSONResponse({"data": found[:limit], "next_cursor": more})


async def read_mandate(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("read_mandate"))]
) -> Response:
    """Read a mandate one gave or was given: its days, and whether it lives, is over or was revoked."""
    return JSONResponse(await mandates.read(desk, id_of(request), known))


async def revoke_mandate(
    request: Request, desk: ADesk, known: Annotated[Known, Depends(may("revoke_mandate"))]
) -> Response:
    """Take a mandate back: within a minute everywhere the agent lodges, amends and cancels under it no more.

    What it lodged stands, and it may still read it. Asking again changes nothing.
    """
    return JSONResponse(await _revoked(request, desk, known))


async def end_mandate(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("end_mandate"))]) -> Response:
    """Take a mandate back, as `POST …/revocation` does; it stays readable."""
    await _revoked(request, desk, known)
    return Response(status_code=204)


async def _revoked(request: Request, desk: Any, known: Known) -> dict[str, Any]:
    id: UUID = id_of(request)
    return await mandates.revoke(desk, id, known)


def add_mandate_routes(app: FastAPI) -> None:
    """Serve mandates."""
    key = header("Idempotency-Key", "The same on repeats: the effect is one, and the answer the same")
    one: dict[str, Any] = {"parameters": [in_path("id", {"type": "string", "format": "uuid"})]}
    new = {"parameters": [key], "requestBody": body(NewMandate)}
    granted = (*WITH_BODY, *KEYED, "not-your-mandate", "agent-unknown")
    for method, path, act, summary, good, extra, codes in (
        ("POST", M, grant_mandate, "Give a mandate", 201, new, granted),
        ("GET", M, list_mandates, "List mandates", 200, {}, ()),
        ("GET", M + "/{id}", read_mandate, "Read a mandate", 200, one, ("not-found",)),
        (
            "POST",
            M + "/{id}/revocation",
            revoke_mandate,
            "Revoke a mandate",
            200,
            one,
            ("not-found", "not-your-mandate"),
        ),
        (
            "DELETE",
            M + "/{id}",
            end_mandate,
            "Revoke a mandate, as DELETE",
            204,
            one,
            ("not-found", "not-your-mandate"),
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
