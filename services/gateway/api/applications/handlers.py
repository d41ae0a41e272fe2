"""Commands of traders and agents about applications, each for the trader that it represents."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import application_representation
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import get_context, make_caller, path_id
from services.gateway.api.proxy.proxy import FindRepresented, call_service, render_reply
from services.gateway.api.routing.route import Route
from shared.contracts.parties import RepresentedTrader
from shared.service_client import ServiceUnreachable, service_unavailable


async def apply_for_permit(request: Request, route: Route) -> Response:
    """Forward an application for the trader that applies."""

    async def find_represented(principal: Principal, body: bytes) -> RepresentedTrader | None:
        return await application_representation.find_applicant(get_context(request), principal, body)

    return await _forward(request, route, find_represented)


async def respond_or_withdraw(request: Request, route: Route) -> Response:
    """Forward the reply or the withdrawal of a trader, or of an agent under an active mandate."""

    async def find_represented(principal: Principal, _: bytes) -> RepresentedTrader | None:
        return await application_representation.find_represented_trader(
            get_context(request), principal, make_caller(principal, request), path_id(request)
        )

    return await _forward(request, route, find_represented)


async def _forward(request: Request, route: Route, find_represented: FindRepresented) -> Response:
    try:
        return render_reply(await call_service(request, route, find_represented))
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None
