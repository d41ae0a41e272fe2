"""A declaration as the gateway follows it: read by id, and the trader's commands that may come before its checks."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import declaration_status
from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.declaration_representation import acting
from services.gateway.api.auth.authentication import ADesk, admit, caller_of, id_of, may, the_desk
from services.gateway.api.declarations.routes import OWN_COMMANDS
from services.gateway.api.openapi.document import GUARDED, problems
from services.gateway.api.proxy.proxy import Relayed, add_relayed, render, send
from shared.service_client import Away, Reply, unavailable


async def read(request: Request, desk: ADesk, known: Annotated[Known, Depends(may("read_declaration"))]) -> Response:
    """Read a declaration: its state, what its checks found, what it uses, its history.

    Moments after it was lodged, or while its checks are away, its status is `received`.
    """
    found = await declaration_status.read(desk, id_of(request), caller_of(known, request), known.party)
    if isinstance(found, Reply):
        return render(found)
    return JSONResponse(found, headers={"ETag": '"1"'})


async def command(request: Request, route: Relayed) -> Response:
    """Pass a trader's command on; 409 `still-received` when the declaration is not at its checks yet."""
    desk = the_desk(request)
    try:
        reply = await send(request, route, lambda known, _: acting(desk, known, id_of(request)))
    except Away:
        await demand_forwarded(request, route)
        raise unavailable(route.service) from None
    if reply.status == 404:
        await demand_forwarded(request, route)
    return render(reply)


async def demand_forwarded(request: Request, route: Relayed) -> None:
    """Refuse (409) a command about a declaration of the caller's that is still on its way to permits."""
    desk = the_desk(request)
    known = await admit(desk, request.headers.get("authorization", ""), route.operation)
    await declaration_status.demand_forwarded(desk, id_of(request), known.party)


def add_declaration_routes(app: FastAPI) -> None:
    """Serve the reading of one declaration and the trader's commands."""
    app.add_api_route(
        "/v1/declarations/{id}",
        read,
        methods=["GET"],
        operation_id="read_declaration",
        tags=["declarations"],
        summary="Read a declaration",
        response_description="The declaration as it is now",
        response_class=JSONResponse,
        responses=problems(*GUARDED, "not-found", "service-unavailable"),
        openapi_extra={
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ]
        },
    )
    add_relayed(app, OWN_COMMANDS, command)
