"""Applications for permits as traders and their agents make, answer and withdraw them, each in whose name it is."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.gateway.actions import application_representation
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.applications.routes import APPLICANT_ROUTES, APPLY_ROUTE
from services.gateway.api.auth.authentication import get_context, make_caller, path_id
from services.gateway.api.proxy.proxy import (
    FindRepresented,
    ProxiedRoute,
    add_proxied_routes,
    call_service,
    render_reply,
)
from shared.contracts.parties import RepresentedTrader
from shared.service_client import ServiceUnreachable, service_unavailable


async def apply_for_permit(request: Request, route: ProxiedRoute) -> Response:
    """Pass an application on, in the name of the trader it is for."""

    async def find_represented(principal: Principal, body: bytes) -> RepresentedTrader | None:
        return await application_representation.find_applicant(get_context(request), principal, body)

    return await _forward(request, route, find_represented)


async def respond_or_withdraw(request: Request, route: ProxiedRoute) -> Response:
    """Pass on what a trader, or an agent whose mandate lives, says about its application."""

    async def find_represented(principal: Principal, _: bytes) -> RepresentedTrader | None:
        return await application_representation.find_represented_trader(
            get_context(request), principal, make_caller(principal, request), path_id(request)
        )

    return await _forward(request, route, find_represented)


async def _forward(request: Request, route: ProxiedRoute, find_represented: FindRepresented) -> Response:
    try:
        return render_reply(await call_service(request, route, find_represented))
    except ServiceUnreachable:
        raise service_unavailable(route.service) from None


def add_application_routes(app: FastAPI) -> None:
    """Serve what traders and their agents do with applications."""
    add_proxied_routes(app, (APPLY_ROUTE,), apply_for_permit)
    add_proxied_routes(app, APPLICANT_ROUTES, respond_or_withdraw)
