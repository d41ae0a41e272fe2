"""The `type` of every problem document is the address of a page of the hub (RFC 9457, 3.1.1)."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import uvicorn
from aiohttp import web

from services.gateway.api.protocol.connection import Connection
from services.gateway.main import create_app
from services.gateway.settings import Settings
from shared.contracts.problems.catalogue import PROBLEM_CODES
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, default_response
from tests.servers import running_server

RELEASE = "/v1/declarations/00000000-0000-7000-8000-000000000007/release"
REPORT = "/v1/reports/annual?year=2026&side=export&country=ZA"


async def _respond(asked: ReceivedRequest) -> web.StreamResponse:
    """Refuse as permits does: its problem documents have the path of the page only."""
    if asked.caller.party is None:
        return await default_response(asked)
    problem = {"type": "/problems/reports-busy", "status": 503, "code": "reports-busy", "detail": "Wait."}
    if asked.path == "/internal/permits":
        return web.json_response([{"status": 503, "body": problem, "replayed": False} for _ in asked.json])
    return web.json_response(problem, status=503, content_type="application/problem+json")


async def test_problem_of_the_gateway_has_the_address_of_its_page(hub: RunningGateway) -> None:
    _, trader = await hub.party("trader")
    responses = [
        await hub.http.get("/v1/me"),
        await hub.http.get("/v1/nothing"),
        await hub.http.delete("/v1/declarations"),
        await hub.http.get("/v1/parties", headers=trader),
        await hub.http.get("/v1/me", headers=trader | {"X-More": "x" * 40_000}),
        await hub.lodge(trader, b"{"),
    ]
    for response in responses:
        problem = response.json()
        assert problem["type"] == f"{hub.settings.issuer}/problems/{problem['code']}"
        assert problem["title"] == (await hub.http.get(problem["type"], headers=ACCEPT_JSON)).json()["title"]


ACCEPT_JSON = {"Accept": "application/json"}


async def test_problem_of_another_service_has_the_address_of_its_page(hub: RunningGateway) -> None:
    hub.permits.respond = _respond
    _, officer = await hub.party("customs", country="ZA")
    _, authority = await hub.party("authority", country="ZA")
    ndjson = authority | {"Content-Type": "application/x-ndjson"}
    forwarded = await hub.http.post(RELEASE, headers=officer)
    streamed = await hub.http.get(REPORT, headers=authority)
    line = await hub.http.post("/v1/permits/bulk", content=b'{"number": "1"}\n', headers=ndjson)
    for response in (forwarded, streamed, line):
        assert response.json()["type"] == f"{hub.settings.issuer}/problems/reports-busy", response.text
        assert response.json()["detail"] == "Wait."
    assert (forwarded.status_code, streamed.status_code, line.json()["status_code"]) == (503, 503, 503)
    assert streamed.headers["content-type"].startswith("application/problem+json")


async def test_problem_of_a_bulk_line_has_the_address_of_its_page(hub: RunningGateway) -> None:
    _, trader = await hub.party("trader")
    ndjson = trader | {"Content-Type": "application/x-ndjson"}
    line = await hub.http.post("/v1/declarations/bulk", content=b"{\n", headers=ndjson)
    assert line.json()["type"] == f"{hub.settings.issuer}/problems/malformed-json"


@pytest.fixture
async def port(settings: Settings) -> AsyncIterator[int]:
    """Run a gateway with a public URL on the connection that `saola gateway` uses. Yield its port."""
    public = settings.model_copy(update={"public_url": "https://hub.example/"})
    app = create_app(public)
    config = uvicorn.Config(
        app, port=public.port, http=Connection, ws="none", log_config=None, timeout_graceful_shutdown=1
    )
    async with running_server(config):
        yield public.port


async def test_problem_of_a_connection_has_the_public_address_of_its_page(port: int) -> None:
    for sent, code in (
        (b"HELO there\r\n\r\n", "http-error"),
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n", "unauthenticated"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        problem = json.loads(await reader.readexactly(length))
        writer.close()
        assert problem["type"] == f"https://hub.example/problems/{code}"
        assert problem["status"] == PROBLEM_CODES[code].status
