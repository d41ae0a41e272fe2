"""Decisions of offices: forwarded unless they are about goods of a trader that the office represents."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import represented_goods
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import get_context, make_caller
from services.gateway.api.proxy.proxy import call_service, internal_path, render_reply
from services.gateway.api.routing.route import Route
from shared.problems import Invalid
from shared.service_client import ServiceUnreachable, service_unavailable
from shared.strict_json import parse_json


async def decide(request: Request, route: Route) -> Response:
    """Forward a decision about a stored declaration, permit or application, and about the permit in its body if any."""

    async def check_goods(principal: Principal, body: bytes) -> None:
        context = get_context(request)
        represented_keys = await represented_goods.list_represented_keys(context, principal)
        if not represented_keys:
            return
        represented_goods.require_goods_of_others(represented_keys, _parse(body))
        if "id" in request.path_params:
            path = internal_path(request, route).rpartition("/")[0]
            caller = make_caller(principal, request)
            await represented_goods.require_stored_goods_of_others(context, represented_keys, path, caller)

    try:
        return render_reply(await call_service(request, route, check_goods))
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None


def _parse(body: bytes) -> object:
    """Return the JSON of a body; None if it is none. Permits reports that."""
    try:
        return parse_json(body)
    except Invalid:
        return None
