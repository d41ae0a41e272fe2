"""The trader's declarations that permits is asked about at once, in any format: validated, or put as a new version."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import amendment
from services.gateway.api.auth.authentication import admit, caller_of, id_of, know_parameters, the_desk
from services.gateway.api.declarations.read_and_cancel import demand_forwarded
from services.gateway.api.declarations.routes import STATED
from services.gateway.api.protocol.headers import demanded_version, idempotency_key
from services.gateway.api.protocol.media_types import media_type
from services.gateway.api.proxy.proxy import Relayed, add_relayed, command_id, inside_path, render
from shared.service_client import Away, Reply, unavailable
from shared.web import read_body


async def answer(request: Request, route: Relayed) -> Response:
    """Read what is stated in its own format and ask permits; 503 with Retry-After when it is away."""
    desk = the_desk(request)
    known = await admit(desk, request.headers.get("authorization", ""), route.operation)
    know_parameters(request, ())
    path = inside_path(request, route)
    key = idempotency_key(request.headers.get("idempotency-key"))
    if route.method == "PUT":
        demanded_version(request.headers.get("if-match"))
    kind = media_type(request.headers.get("content-type", "").encode("latin-1"))
    sent = await read_body(request)
    caller = caller_of(known, request)
    try:
        if route.method == "POST":
            return _render(await amendment.look(desk, known, caller, kind, sent))
        command = command_id(known.party.id, route.method, path, key)
        match = request.headers.get("if-match")
        reply = await amendment.amend(
            desk, known, caller, id=id_of(request), command=command, kind=kind, sent=sent, match=match
        )
    except Away:
        if route.method == "PUT":
            await demand_forwarded(request, route)
        raise unavailable(route.service) from None
    if reply.status == 404:
        await demand_forwarded(request, route)
    return render(reply)


def _render(found: Reply | dict[str, Any]) -> Response:
    return render(found) if isinstance(found, Reply) else JSONResponse(found)


def add_stating_routes(app: FastAPI) -> None:
    """Serve them, each taking every format a declaration may come in."""
    add_relayed(app, STATED, answer)
