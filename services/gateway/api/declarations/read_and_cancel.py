"""A declaration as the gateway follows it: read by id, and the trader's commands that may come before its checks."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse, Response

from services.gateway.actions import declaration_status
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.declaration_representation import find_represented_trader
from services.gateway.api.auth.authentication import (
    InjectedContext,
    authenticate,
    get_context,
    make_caller,
    path_id,
    require_permission,
)
from services.gateway.api.declarations.routes import TRADER_COMMAND_ROUTES
from services.gateway.api.descriptions.operations import COMMON_PROBLEMS, problem_responses
from services.gateway.api.proxy.proxy import ProxiedRoute, add_proxied_routes, call_service, render_reply
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable


async def read_declaration(
    request: Request,
    context: InjectedContext,
    principal: Annotated[Principal, Depends(require_permission("read_declaration"))],
) -> Response:
    """Read a declaration: its state, what its checks found, what it uses, its history.

    Moments after it was lodged, or while its checks are away, its status is `received`.
    """
    found = await declaration_status.read(context, path_id(request), make_caller(principal, request), principal.party)
    if isinstance(found, ServiceResponse):
        return render_reply(found)
    return JSONResponse(found, headers={"ETag": '"1"'})


async def forward_command(request: Request, route: ProxiedRoute) -> Response:
    """Pass a trader's command on; 409 `still-received` when the declaration is not at its checks yet."""
    context = get_context(request)
    try:
        reply = await call_service(
            request, route, lambda principal, _: find_represented_trader(context, principal, path_id(request))
        )
    except ServiceUnreachable:
        await require_forwarded(request, route)
        raise service_unavailable(route.service) from None
    if reply.status == 404:
        await require_forwarded(request, route)
    return render_reply(reply)


async def require_forwarded(request: Request, route: ProxiedRoute) -> None:
    """Refuse (409) a command about a declaration of the caller's that is still on its way to permits."""
    context = get_context(request)
    principal = await authenticate(context, request.headers.get("authorization", ""), route.operation)
    await declaration_status.require_forwarded(context, path_id(request), principal.party)


def add_declaration_routes(app: FastAPI) -> None:
    """Serve the reading of one declaration and the trader's commands."""
    app.add_api_route(
        "/v1/declarations/{id}",
        read_declaration,
        methods=["GET"],
        operation_id="read_declaration",
        tags=["declarations"],
        summary="Read a declaration",
        response_description="The declaration as it is now",
        response_class=JSONResponse,
        responses=problem_responses(*COMMON_PROBLEMS, "not-found", "service-unavailable"),
        openapi_extra={
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ]
        },
    )
    add_proxied_routes(app, TRADER_COMMAND_ROUTES, forward_command)
