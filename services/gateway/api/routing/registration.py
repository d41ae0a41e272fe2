"""Registers the declared routes with FastAPI."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.api.routing.route import AsgiHandler, Handler, Route


def register_routes(app: FastAPI, routes: Sequence[Route]) -> None:
    """Register routes. Hot ones match before all others, and a path without parameters before one with them."""
    direct = [route for route in routes if isinstance(route.handler, AsgiHandler)]
    others = sorted((route for route in routes if route not in direct), key=lambda route: "{" in route.path)
    app.router.routes[:0] = map(_make_api_route, direct)
    app.router.routes.extend(map(_make_api_route, others))


def _make_api_route(route: Route) -> APIRoute:
    handler = route.handler
    endpoint = _endpoint(handler, route) if not isinstance(handler, AsgiHandler) else _answered_before
    api_route = APIRoute(
        route.path, endpoint, methods=[route.method], name=route.operation_id, operation_id=route.operation_id
    )
    if isinstance(handler, AsgiHandler):
        # The request does not pass through FastAPI's own handling: docs/decisions/0015-gateway-hot-route.md.
        api_route.app = _asgi_app(handler, route)
    return api_route


def _endpoint(handler: Handler, route: Route) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        return await handler(request, route)

    return endpoint


def _asgi_app(handler: AsgiHandler, route: Route) -> ASGIApp:
    def app(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return handler.serve(scope, receive, send, route)

    return app


async def _answered_before() -> Response:
    raise AssertionError("an AsgiHandler answers every request to its route")
