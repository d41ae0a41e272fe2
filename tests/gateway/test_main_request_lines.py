"""Every request leaves one log line at the gateway: route, party and problem code, and no secret."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn
from aiohttp import web

from services.cli.ports import free_ports
from services.gateway.api.protocol import connection
from services.gateway.api.protocol.connection import Connection
from shared import web as shared_web
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway, wait_ready
from tests.gateway.stub_service import ReceivedRequest
from tests.log_lines import Line, LogLines, captured_lines
from tests.servers import running_server
from tests.waiting import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with captured_lines("gateway") as found:
        yield found


async def one_line(lines: LogLines, **fields: object) -> Line:
    """Return the only line of a request, which is written a moment after its response."""
    line: Line
    (line,) = await wait_until(lambda: lines.of("request.completed", **fields))
    return line


async def test_request_that_succeeds_leaves_one_line_with_every_field(hub: RunningGateway, lines: LogLines) -> None:
    party, header = await hub.party("trader", identifiers={"EORI": "FR99988877700011"})
    response = await hub.lodge(header, declaration(), traceparent=TRACEPARENT)
    line = await one_line(lines, request_id=response.headers["x-request-id"])
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("milliseconds") > 0
    assert re.fullmatch(rf"00-{TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{{16}}-01", line.pop("traceparent"))
    assert line == {
        "level": "info",
        "service": "gateway",
        "event": "request.completed",
        "method": "POST",
        "route": "/v1/declarations",
        "status": 202,
        "request_id": response.headers["x-request-id"],
        "party": party["id"],
    }


async def test_request_that_is_refused_leaves_its_code_and_the_route_not_the_path(
    hub: RunningGateway, lines: LogLines
) -> None:
    header = await hub.trader()
    response = await hub.http.get("/v1/permits/no-id", headers=header)
    line = await one_line(lines, request_id=response.json()["request_id"])
    assert (line["status"], line["code"], line["route"]) == (404, "not-found", "/v1/permits/{id}")
    unknown_path = await hub.http.get("/v1/no-such-path")
    line = await one_line(lines, request_id=unknown_path.json()["request_id"])
    assert (line["status"], line["code"], line["route"]) == (404, "not-found", None)
    unknown = await hub.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=("nobody", "x"))
    line = await one_line(lines, request_id=unknown.headers["x-request-id"])
    assert (line["status"], line["code"], "party" in line) == (401, "invalid_client", False)
    assert "no-id" not in lines.text and "no-such-path" not in lines.text


async def test_request_that_a_service_refuses_leaves_the_code_of_its_problem(
    hub: RunningGateway, lines: LogLines
) -> None:
    async def refuse(received: ReceivedRequest) -> web.StreamResponse:
        problem = {"status": 409, "code": "invalid-transition"}
        return web.json_response(problem, status=409, content_type="application/problem+json")

    hub.permits.respond = refuse
    _, header = await hub.party("customs")
    path = f"/v1/declarations/{'0' * 8}-0000-0000-0000-{'0' * 12}/release"
    response = await hub.http.post(path, headers=header | {"traceparent": TRACEPARENT})
    line = await one_line(lines, request_id=response.headers["x-request-id"])
    assert (line["route"], line["code"]) == ("/v1/declarations/{id}/release", "invalid-transition")
    (received,) = hub.permits.requests_to(path)
    assert received.headers["x-request-id"] == line["request_id"]
    assert received.headers["traceparent"] == line["traceparent"]


@pytest.mark.parametrize(
    "given",
    ["", "rubbish", f"ff-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"{TRACEPARENT}-x"],
)
async def test_traceparent_that_is_not_valid_is_replaced(hub: RunningGateway, lines: LogLines, given: str) -> None:
    response = await hub.http.get("/v1/me", headers={"traceparent": given})
    line = await one_line(lines, request_id=response.headers["x-request-id"])
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", line["traceparent"])
    assert TRACE not in line["traceparent"]


async def test_traceparent_of_a_later_version_is_accepted(hub: RunningGateway, lines: LogLines) -> None:
    response = await hub.http.get("/v1/me", headers={"traceparent": f"42{TRACEPARENT[2:]}-more"})
    line = await one_line(lines, request_id=response.headers["x-request-id"])
    assert line["traceparent"].startswith(f"00-{TRACE}-")


async def test_batch_has_its_own_request_id_and_trace(hub: RunningGateway, lines: LogLines) -> None:
    header = await hub.trader()
    lodged = await hub.lodge(header, declaration())
    (batch, *_) = await hub.permits.wait_for_requests("/internal/declarations")
    assert re.fullmatch(r"[0-9a-f]{32}", batch.headers["x-request-id"])
    assert batch.headers["x-request-id"] != lodged.headers["x-request-id"]
    assert batch.caller.request_id == batch.headers["x-request-id"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", batch.headers["traceparent"])


async def test_batch_that_fails_names_its_request_id(hub: RunningGateway, lines: LogLines) -> None:
    asked_ids = []

    async def fail(received: ReceivedRequest) -> web.StreamResponse | None:
        if received.path == "/internal/declarations":
            asked_ids.append(received.headers["x-request-id"])
            return web.Response(status=500)
        return None

    hub.permits.respond = fail
    await hub.lodge(await hub.trader(), declaration())
    found = await wait_until(lambda: lines.of("dispatch.failed", reason="permits answered 500"))
    assert found[0]["request_id"] in asked_ids


async def test_log_lines_have_no_secrets_and_no_content(hub: RunningGateway, lines: LogLines) -> None:
    secret = f"secret{secrets.token_hex(8)}"
    header = await hub.trader()
    trader_token = header["Authorization"].removeprefix("Bearer ")
    broken = {"Authorization": f"Bearer {secret}"}
    for response in (
        await hub.http.get(f"/v1/me?password={secret}", headers=broken),
        await hub.http.get(f"/v1/permits?number={secret}&{secret}={secret}", headers=header),
        await hub.lodge(header, declaration(secret)),
        await hub.lodge(header, declaration(secret), Idempotency_Key="k-2"),
        await hub.lodge(header, declaration(f"\x00{secret}")),
        await hub.lodge(header, f'{{"{secret}": {secret}}}'.encode()),
        await hub.lodge(header, f"<a>{secret}</b>".encode(), content_type="application/xml"),
        await hub.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=("client", secret)),
        await hub.http.post("/oauth2/token", content=f"client_secret={secret}"),
        await hub.http.get(f"/v1/{secret}"),
    ):
        await one_line(lines, request_id=response.headers["x-request-id"])
    assert secret not in lines.text
    assert trader_token not in lines.text


async def test_health_check_is_a_line_of_level_debug(hub: RunningGateway) -> None:
    with captured_lines("gateway") as lines:
        for path in ("/healthz", "/readyz"):
            await hub.http.get(path)
        await one_line(lines, request_id=(await hub.http.get("/v1/me")).headers["x-request-id"])
        assert lines.of("request.completed", route="/healthz") == []
    with captured_lines("gateway", "DEBUG") as lines:
        for path in ("/healthz", "/readyz"):
            await hub.http.get(path)
            assert (await one_line(lines, route=path))["level"] == "debug"


async def test_client_that_disconnects_during_its_body_leaves_a_line(hub: RunningGateway, lines: LogLines) -> None:
    authorization = (await hub.trader())["Authorization"]
    _, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
    head = f"POST /v1/declarations HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nIdempotency-Key: k\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf".encode())
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
    line = await one_line(lines, reason="client disconnected")
    assert (line["route"], line["status"]) == ("/v1/declarations", None)
    assert lines.of("request.failed") == []


async def test_body_that_is_too_slow_leaves_a_line(
    hub: RunningGateway, lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_web, "BODY_TIMEOUT_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
    form = "Content-Type: application/x-www-form-urlencoded"
    writer.write(f"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n{form}\r\nContent-Length: 100\r\n\r\nhalf".encode())
    await reader.read(100)
    writer.close()
    line = await one_line(lines, code="body-too-slow")
    assert (line["route"], line["status"]) == ("/oauth2/token", 408)


async def test_response_that_cannot_be_rendered_is_500_with_one_line(hub: RunningGateway, lines: LogLines) -> None:
    """Content negotiation raises: permits returns invalid JSON, so no XML can be rendered from it."""
    secret = f"secret{secrets.token_hex(8)}"

    async def respond_with_invalid_json(received: ReceivedRequest) -> web.StreamResponse | None:
        if received.path.startswith("/v1/declarations/"):
            return web.Response(body=f"{secret} is no JSON".encode(), content_type="application/json")
        return None

    hub.permits.respond = respond_with_invalid_json
    path = f"/v1/declarations/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    accept = {"Accept": "application/xml", "Authorization": (await hub.trader())["Authorization"]}
    response = await hub.http.get(path, headers=accept)
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    problem = response.json()
    assert (problem["code"], problem["title"]) == ("internal-error", "Internal Server Error")
    assert problem["request_id"] == response.headers["x-request-id"]
    line = await one_line(lines, request_id=problem["request_id"])
    assert (line["level"], line["status"], line["code"]) == ("error", 500, "internal-error")
    assert line["route"] == "/v1/declarations/{id}"
    (failed,) = lines.of("request.failed", request_id=problem["request_id"])
    assert (
        failed["error"].startswith("JSONDecodeError: Expecting value") and "in _send_converted" in failed["traceback"]
    )
    assert secret not in lines.text


@asynccontextmanager
async def public_port(hub: RunningGateway) -> AsyncIterator[int]:
    """Serve the same app on a port with the gateway's own connection class."""
    port = free_ports(1)[0]
    config = uvicorn.Config(hub.app, port=port, http=Connection, log_config=None, lifespan="off", access_log=False)
    async with running_server(config):
        yield port


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"no HTTP at all\r\n\r\n", 400, "http-error"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431, "headers-too-large"),
        (b"GET / HTTP/1.1\r\n", 408, "body-too-slow"),
    ],
)
async def test_request_that_the_connection_refuses_leaves_one_line(
    hub: RunningGateway, lines: LogLines, monkeypatch: pytest.MonkeyPatch, sent: bytes, status: int, code: str
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    async with public_port(hub) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        problem = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])
        writer.close()
        line = await one_line(lines, request_id=problem["request_id"])
    assert (line["status"], line["code"]) == (status, code)
    assert lines.of("library.message", logger="uvicorn.error", message="Invalid HTTP request received.") == []


async def test_rate_limit_headers_are_on_xml_responses(hub: RunningGateway, lines: LogLines) -> None:
    port = free_ports(1)[0]
    limited = hub.settings.model_copy(update={"port": port, "public_url": hub.url, "rate_limit": 5})
    header = await hub.trader()
    async with serve_gateway(limited), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        await wait_ready(http)
        keyed = header | {"Idempotency-Key": "k", "Accept": "application/xml"}
        response = await http.post("/v1/declarations", json=declaration(), headers=keyed)
    assert response.headers["content-type"] == "application/xml"
    assert response.headers["ratelimit"].startswith('"party";r=')
    assert len(response.headers.get_list("x-request-id")) == 1


async def test_problem_about_headers_is_in_xml_if_preferred(hub: RunningGateway) -> None:
    twice = [("Accept", "application/xml"), ("If-Match", '"1"'), ("If-Match", '"2"')]
    response = await hub.http.get("/v1/declarations", headers=twice)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/xml")
