"""Files of reference data on their way to permits: passed on piece by piece as they arrive, never held whole."""

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.responses import Response

from services.gateway.api.auth.authentication import admit, caller_of, know_parameters, the_desk
from services.gateway.api.proxy.proxy import Relayed, inside_path, render
from shared.problems import Refusal
from shared.service_client import Away, Dropped, unavailable
from shared.web import FILE_LIMIT, must_be_csv, stream_body

SECONDS = 600.0
"""The longest a load may take: a file of 38,000 taxa over a slow line."""


async def upload(request: Request, route: Relayed) -> Response:
    """Pass a file on and the report back; 503 when the service is away, and then nothing was loaded."""
    desk = the_desk(request)
    known = await admit(desk, request.headers.get("authorization", ""), route.operation)
    know_parameters(request, route.query)
    must_be_csv(request)
    body = Body(request)
    try:
        reply = await desk.service(route.service).call(
            route.method,
            inside_path(request, route),
            caller=caller_of(known, request),
            body=body.pieces(),
            query=request.query_params.multi_items(),
            headers={"content-type": "text/csv"},
            seconds=SECONDS,
        )
    except (Away, Dropped):
        if body.refusal is not None:
            raise body.refusal from None
        raise unavailable(route.service) from None
    return render(reply)


class Body:
    """A body under way; what was wrong with it is remembered, for the call it broke only knows that it broke."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.refusal: Refusal | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """Pass the pieces on."""
        try:
            async for piece in stream_body(self._request, limit=FILE_LIMIT):
                yield piece
        except Refusal as refusal:
            self.refusal = refusal
            raise
