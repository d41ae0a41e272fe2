"""Files of reference data for permits, forwarded in pieces as they arrive."""

from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import service_calls
from services.gateway.api.auth.authentication import admit, get_context, make_caller
from services.gateway.api.proxy.proxy import internal_path, read_query, render_reply
from services.gateway.api.routing.route import Limits, Route
from shared.problems import ProblemError
from shared.service_client import ResponseLost, ServiceUnreachable, service_unavailable
from shared.web import MAX_FILE_BYTES, MAX_LIST_BYTES, require_csv, stream_body

FILE_LIMITS = Limits(body_bytes=MAX_FILE_BYTES, service_seconds=600.0)
"""A load may take 600 s, for example a file of 38,000 taxa over a slow connection."""
LIST_LIMITS = replace(FILE_LIMITS, body_bytes=MAX_LIST_BYTES)


async def upload(request: Request, route: Route) -> Response:
    """Forward a file and return the report. Raise 503 if the service is unavailable; then nothing was loaded."""
    context = get_context(request)
    principal = await admit(request, route)
    require_csv(request)
    body = StreamedBody(request, route.limits)
    try:
        reply = await service_calls.upload(
            context,
            route.answering_service,
            route.method,
            internal_path(request, route),
            caller=make_caller(principal, request),
            chunks=body.chunks(),
            query=read_query(request),
            headers={"content-type": "text/csv"},
            seconds=route.limits.service_seconds,
        )
    except (ServiceUnreachable, ResponseLost):
        if body.refusal is not None:
            raise body.refusal from None
        raise service_unavailable(route.answering_service) from None
    return render_reply(reply)


class StreamedBody:
    """A body that is being forwarded. It stores its own refusal, because the broken request does not know the cause."""

    def __init__(self, request: Request, limits: Limits) -> None:
        self._request, self._limits = request, limits
        self.refusal: ProblemError | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        try:
            async for chunk in stream_body(
                self._request, limit=self._limits.body_bytes, seconds=self._limits.body_seconds
            ):
                yield chunk
        except ProblemError as refusal:
            self.refusal = refusal
            raise
