"""Answers too long to be held: what permits streams is passed on piece by piece, as fast as the caller reads."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.api.auth.authentication import admit, caller_of, know_parameters, the_desk
from services.gateway.api.proxy.proxy import Relayed, inside_path, passed_out
from services.gateway.clients.internal import ask_for_flow
from shared.service_client import Away, Flow, unavailable


class Flowing(StreamingResponse):
    """An answer that is closed on both sides when it ends, whoever ends it.

    What breaks off inside breaks off outside too: the connection ends without the last chunk, so that half a report
    is never taken for a whole one.
    """

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow.pieces, status_code=flow.status, headers=passed_out(flow.headers))
        self._flow = flow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces, then close the answer they come from."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._flow.close()


async def flow(request: Request, route: Relayed) -> Response:
    """Pass a long answer on; 503 with Retry-After when the service is away."""
    desk = the_desk(request)
    known = await admit(desk, request.headers.get("authorization", ""), route.operation)
    know_parameters(request, route.query)
    path, query = inside_path(request, route), request.query_params.multi_items()
    try:
        service = desk.service(route.service)
        return Flowing(await ask_for_flow(service, path, caller=caller_of(known, request), query=query))
    except Away:
        raise unavailable(route.service) from None
