"""The order in which declared routes match."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from services.gateway.api.routing.registration import register_routes
from services.gateway.api.routing.route import AsgiHandler, Route
from tests.gateway.api.routing.test_problems import BARE


async def _respond(request: Request, route: Route) -> Response:
    return PlainTextResponse(route.operation_id)


async def _respond_directly(scope: Scope, receive: Receive, send: Send, route: Route) -> None:
    await PlainTextResponse(f"{route.operation_id}, directly")(scope, receive, send)


@asynccontextmanager
async def _serve(*routes: Route) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    register_routes(app, routes)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://hub") as http:
        yield http


LISTED = replace(BARE, handler=_respond)
ONE = replace(LISTED, path="/v1/things/{id}", operation_id="read_thing")
NAMED = replace(LISTED, path="/v1/things/named", operation_id="read_named_thing")


@pytest.mark.parametrize("routes", [(ONE, NAMED, LISTED), (LISTED, NAMED, ONE)])
async def test_path_without_parameters_is_matched_before_one_with_them(routes: tuple[Route, ...]) -> None:
    async with _serve(*routes) as http:
        for path, operation in (("", "list_things"), ("/named", "read_named_thing"), ("/7", "read_thing")):
            assert (await http.get(f"/v1/things{path}")).text == operation


async def test_asgi_handler_gets_its_route_and_is_matched_first() -> None:
    direct = replace(LISTED, handler=AsgiHandler(_respond_directly))
    async with _serve(ONE, LISTED, direct) as http:
        assert (await http.get("/v1/things")).text == "list_things, directly"
        assert (await http.post("/v1/things")).status_code == 405
