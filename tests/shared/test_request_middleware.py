"""A response to an error passes the middleware of the service, unless this middleware raised the error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web import create_service_app


class Marker:
    """Middleware that adds the header `marked` to each response, and fails for the path `/marker-fails`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/marker-fails":
            raise RuntimeError("the marker failed")

        async def send_with_mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"marked", b"yes")]
            await send(message)

        await self.app(scope, receive, send_with_mark)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


async def never_unready() -> str | None:
    return None


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    app = create_service_app(
        title="t", version="1", lifespan=lifespan, reason_not_ready=never_unready, middleware=[Middleware(Marker)]
    )

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("the route failed")

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        yield client


async def test_response_to_error_of_route_passes_service_middleware(http: httpx2.AsyncClient) -> None:
    response = await http.get("/fails")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert response.headers["marked"] == "yes"
    assert response.json()["request_id"] == response.headers["x-request-id"]


async def test_response_to_repeated_header_passes_service_middleware(http: httpx2.AsyncClient) -> None:
    response = await http.get("/fails", headers=[("If-Match", '"1"'), ("If-Match", '"2"')])
    assert (response.status_code, response.json()["code"]) == (400, "header-twice")
    assert response.headers["marked"] == "yes"


async def test_response_to_error_of_service_middleware_does_not_pass_it(http: httpx2.AsyncClient) -> None:
    response = await http.get("/marker-fails")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "marked" not in response.headers
    assert response.json()["request_id"] == response.headers["x-request-id"]
