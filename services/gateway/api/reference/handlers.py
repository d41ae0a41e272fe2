"""Reference data that permits lists: the caller may keep it, and asks by ETag whether it has changed."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.api.protocol.documents import CHECKED_EACH_TIME, KEPT_BY_CALLER, private_document
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.route import Route


async def read_code_list(request: Request, route: Route) -> Response:
    """Return a list that is part of the hub's version. The caller may keep it for its lifetime."""
    return _add_etag(request, await forward(request, route), KEPT_BY_CALLER)


async def read_loaded_list(request: Request, route: Route) -> Response:
    """Return a list that the administrator or a permit may change at any time."""
    return _add_etag(request, await forward(request, route), CHECKED_EACH_TIME)


def _add_etag(request: Request, response: Response, cache_control: str) -> Response:
    if response.status_code != 200:
        return response
    media_type = response.headers["content-type"]
    return private_document(request, bytes(response.body), media_type=media_type, cache_control=cache_control)
