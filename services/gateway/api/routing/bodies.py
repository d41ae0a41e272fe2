"""Reads the bodies of requests within the limits that their routes declare."""

from starlette.requests import Request

from services.gateway.api.routing.route import Route
from shared.web import read_body


async def read_route_body(request: Request, route: Route) -> bytes:
    """Return the body of a request. Raise a problem if it is larger or slower than its route allows."""
    return await read_body(request, limit=route.limits.body_bytes, seconds=route.limits.body_seconds)
