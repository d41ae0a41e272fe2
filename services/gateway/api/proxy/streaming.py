"""Responses that are too long for memory: what permits streams is forwarded in pieces, as fast as the client reads."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.actions import service_calls
from services.gateway.api.auth.authentication import admit, get_context, make_caller
from services.gateway.api.proxy.proxy import forwarded_headers, internal_path, read_query, render_reply
from services.gateway.api.routing.route import Route
from shared.contracts.limits import RESPONSE_BYTES
from shared.service_client import (
    ResponseTooLarge,
    ServiceResponse,
    ServiceStream,
    ServiceUnreachable,
    service_unavailable,
)


class ProxiedStream(StreamingResponse):
    """A response that closes on both sides when either side ends.

    If the internal response breaks off, the connection ends without its last chunk. So no client takes half a report
    for a complete one.
    """

    def __init__(self, stream: ServiceStream) -> None:
        super().__init__(stream.chunks, status_code=stream.status, headers=forwarded_headers(stream.headers))
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces, then close the internal response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stream.close()


async def stream_reply(request: Request, route: Route) -> Response:
    """Forward a long response. Raise 503 with Retry-After if the service is unavailable.

    A problem document is short, so the gateway reads it as a whole.
    """
    context, service = get_context(request), route.answering_service
    principal = await admit(request, route)
    path, query = internal_path(request, route), read_query(request)
    caller = make_caller(principal, request)
    try:
        stream = await service_calls.open_stream(context, service, path, caller=caller, query=query)
    except ServiceUnreachable:
        raise service_unavailable(service) from None
    return ProxiedStream(stream) if stream.status < 400 else render_reply(await _read_whole(service, stream))


async def _read_whole(service: str, stream: ServiceStream) -> ServiceResponse:
    """Return a streamed response as one that has arrived. Raise ResponseTooLarge."""
    body = bytearray()
    try:
        async for chunk in stream.chunks:
            body += chunk
            if len(body) > RESPONSE_BYTES:
                raise ResponseTooLarge(service)
    finally:
        await stream.close()
    return ServiceResponse(stream.status, stream.headers, bytes(body))
