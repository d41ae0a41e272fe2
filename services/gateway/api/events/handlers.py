"""The feed of a party: a page of its events, after a wait for the first one if there is none yet."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import feed
from services.gateway.api.auth.authentication import admit, get_context, make_caller
from services.gateway.api.protocol.disconnection import run_while_connected
from services.gateway.api.protocol.headers import parse_wait
from services.gateway.api.proxy.proxy import render_reply
from services.gateway.api.routing.route import Route
from shared.service_client import ServiceUnreachable, service_unavailable


async def list_events(request: Request, route: Route) -> Response:
    """Return a page of the feed. Raise 503 with Retry-After if notifications is unavailable.

    The wait for events ends if the client ends its sending side. It then gets the page as it is.
    """
    context, principal = get_context(request), await admit(request, route)
    seconds = parse_wait(request.headers.get("prefer", ""))
    query = request.query_params.multi_items()
    caller = make_caller(principal, request)
    reading = feed.read(context, caller, principal.party, query, seconds=seconds)
    try:
        reply = await run_while_connected(request.scope, request.receive, reading)
        if reply is None:
            reply = await feed.read(context, caller, principal.party, query, seconds=0)
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None
    response = render_reply(reply.response)
    if reply.waited and response.status_code == 200:
        response.headers["Preference-Applied"] = f"wait={seconds}"
    return response
