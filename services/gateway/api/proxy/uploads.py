"""Files of reference data on their way to permits: passed on piece by piece as they arrive, never held whole."""

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.responses import Response

from services.gateway.actions import service_calls
from services.gateway.api.auth.authentication import authenticate, get_context, make_caller, require_known_parameters
from services.gateway.api.proxy.proxy import ProxiedRoute, internal_path, render_reply
from shared.problems import ProblemError
from shared.service_client import ResponseLost, ServiceUnreachable, service_unavailable
from shared.web import MAX_FILE_BYTES, require_csv, stream_body

MAX_LOAD_SECONDS = 600.0
"""The longest a load may take: a file of 38,000 taxa over a slow line."""


async def upload(request: Request, route: ProxiedRoute) -> Response:
    """Pass a file on and the report back; 503 when the service is away, and then nothing was loaded."""
    context = get_context(request)
    principal = await authenticate(context, request.headers.get("authorization", ""), route.operation)
    require_known_parameters(request, route.query)
    require_csv(request)
    body = StreamedBody(request)
    try:
        reply = await service_calls.upload(
            context,
            route.service,
            route.method,
            internal_path(request, route),
            caller=make_caller(principal, request),
            chunks=body.chunks(),
            query=request.query_params.multi_items(),
            headers={"content-type": "text/csv"},
            seconds=MAX_LOAD_SECONDS,
        )
    except (ServiceUnreachable, ResponseLost):
        if body.refusal is not None:
            raise body.refusal from None
        raise service_unavailable(route.service) from None
    return render_reply(reply)


class StreamedBody:
    """A body under way; what was wrong with it is remembered, for the call it broke only knows that it broke."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.refusal: ProblemError | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pass the pieces on."""
        try:
            async for chunk in stream_body(self._request, limit=MAX_FILE_BYTES):
                yield chunk
        except ProblemError as refusal:
            self.refusal = refusal
            raise
