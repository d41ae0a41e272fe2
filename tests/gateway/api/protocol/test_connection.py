"""Limits: the rate of a party over all replicas, size and time of headers, and bytes that are no HTTP."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn

from services.cli.ports import free_ports
from services.gateway.actions.auth import rate_limits
from services.gateway.api.protocol import connection
from services.gateway.api.protocol.connection import Connection
from services.gateway.main import create_app
from services.gateway.settings import Settings
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway, wait_ready
from tests.servers import running_server
from tests.waiting import WAIT_SECONDS


@asynccontextmanager
async def _replica_with_limit(hub: RunningGateway, quota: int) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a replica of the gateway on the same database, with a rate limit."""
    port = free_ports(1)[0]
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url, "rate_limit": 1})
    async with (
        serve_gateway(replica) as app,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as replica_http,
    ):
        await wait_ready(replica_http)
        counts = app.state.context.rate_limits
        counts.quota, counts._block = quota, quota // rate_limits.BLOCKS_PER_WINDOW
        yield replica_http


async def test_rate_limit_counts_a_party_over_all_replicas(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", 10**9)
    _, one = await hub.party("trader")
    _, other = await hub.party("trader")
    async with _replica_with_limit(hub, 200) as a, _replica_with_limit(hub, 200) as b:
        first = await a.get("/v1/me", headers=one)
        assert first.headers["ratelimit-policy"] == '"party";q=200;w=1000000000'
        assert re.fullmatch(r'"party";r=199;t=\d+', first.headers["ratelimit"])
        responses = [first] + [await replica.get("/v1/me", headers=one) for _ in range(150) for replica in (a, b)]
        assert sum(response.status_code == 200 for response in responses) == 200, (
            "both together grant exactly the quota"
        )
        assert {response.status_code for response in responses[-50:]} == {429}
        refused = responses[-1]
        assert refused.json()["code"] == "too-many-requests"
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["ratelimit"].startswith('"party";r=0;t=')
        assert (await a.get("/v1/me", headers=other)).status_code == 200, "the limit counts each party for itself"
        lodged = await a.post("/v1/declarations", json=declaration(), headers=one | {"Idempotency-Key": "x"})
        assert lodged.status_code == 429
        assert (await hub.http.get("/v1/me", headers=one)).status_code == 200, (
            "a gateway without a limit counts nothing"
        )


async def test_rate_limit_with_many_requests_at_once_allows_exactly_its_limit(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", 10**9)
    _, one = await hub.party("trader")
    async with _replica_with_limit(hub, 100) as a:
        responses = await asyncio.gather(*(a.get("/v1/me", headers=one) for _ in range(120)))
        assert sum(response.status_code == 200 for response in responses) == 100


async def test_headers_beyond_the_limit_are_431(hub: RunningGateway) -> None:
    response = await hub.http.get("/v1/me", headers=hub.admin | {"X-More": "x" * 40_000})
    assert (response.status_code, response.json()["code"]) == (431, "headers-too-large")
    assert response.json()["request_id"] == response.headers["x-request-id"]
    long = await hub.http.get("/v1/parties?" + "&".join(f"a{n}=1" for n in range(8000)), headers=hub.admin)
    assert long.status_code == 431
    path = await hub.http.get("/v1/" + "x" * 40_000, headers=hub.admin)
    assert (path.status_code, path.json()["code"]) == (431, "headers-too-large")
    many = await hub.http.get("/healthz", headers=[(f"x-{n}", "") for n in range(95)])
    assert many.status_code == 200


@pytest.fixture
async def port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A gateway on the connection that `saola gateway` uses."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    config = uvicorn.Config(
        create_app(settings),
        port=settings.port,
        http=Connection,
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    async with running_server(config):
        yield settings.port


async def _exchange(port: int, *parts: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 25)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


GOOD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("headers", [b"a:\r\n" * 20_000, b"X-A: 1\r\n" * 101, b"X-A: %s\r\n" % (b"x" * 1000) * 70])
async def test_head_beyond_the_limit_is_431_even_if_it_arrives_whole(port: int, headers: bytes) -> None:
    output = await _exchange(port, GOOD + headers + b"\r\n")
    assert output.startswith(b"HTTP/1.1 431 ")
    assert json.loads(output.partition(b"\r\n\r\n")[2])["code"] == "headers-too-large"


async def test_headers_that_never_end_are_408_or_431(port: int) -> None:
    slow = await _exchange(port, GOOD + b"X-Slow: ")
    assert slow.startswith(b"HTTP/1.1 408 ")
    problem = json.loads(slow.partition(b"\r\n\r\n")[2])
    assert problem["code"] == "body-too-slow"
    assert f"x-request-id: {problem['request_id']}\r\n".encode() in slow and problem["request_id"]
    assert (await _exchange(port, b"")).startswith(b"HTTP/1.1 408 "), "a silent connection too"
    endless = await _exchange(port, GOOD + b"X-Long: " + b"x" * 200_000)
    assert endless == b"" or endless.startswith(b"HTTP/1.1 431 ")


async def test_bytes_that_are_no_http_are_a_problem(port: int, subtests: pytest.Subtests) -> None:
    noise = (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"HELO there\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        secrets.token_bytes(64),
    )
    for junk in noise:
        with subtests.test(said=junk[:8]):
            response = await _exchange(port, junk + b"\r\n\r\n")
            assert response.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
            assert json.loads(response.partition(b"\r\n\r\n")[2])["status"] in {400, 408}


async def test_connection_serves_several_requests(port: int) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_SECONDS) as http:
        for _ in range(5):
            assert (await http.get("/healthz")).status_code == 200
    both = await _exchange(port, GOOD + b"\r\n" + GOOD + b"Connection: close\r\n\r\n")
    assert both.count(b"HTTP/1.1 200 ") == 2


FORM = b"grant_type=client_credentials&client_id=x&client_secret=y"
TOKEN_REQUEST = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UPGRADE_HEADERS = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"


async def test_request_with_an_http_2_upgrade_keeps_its_body(port: int) -> None:
    head = TOKEN_REQUEST + UPGRADE_HEADERS + b"Content-Length: %d\r\n\r\n" % len(FORM)
    last = GOOD + b"Connection: close\r\n\r\n"
    chunked = (
        TOKEN_REQUEST + UPGRADE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(FORM), FORM)
    )
    for parts in ((head + FORM + last,), (head[:80], head[80:], FORM[:9], FORM[9:], last), (chunked, last)):
        output = await _exchange(port, *parts)
        assert b"invalid_client" in output, output
        assert output.count(b"HTTP/1.1 401 ") == 1 and output.count(b"HTTP/1.1 200 ") == 1, output
    received = await _exchange(
        port, TOKEN_REQUEST.replace(b"POST /oauth2/token", b"GET /healthz") + UPGRADE_HEADERS + b"\r\n" + last
    )
    assert received.count(b"HTTP/1.1 200 ") == 2
    many = await _exchange(port, (GOOD + UPGRADE_HEADERS + b"\r\n") * 1_500 + last)
    assert many.count(b"HTTP/1.1 200 ") == 1_501, "any number at once"
    assert (await _exchange(port, b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_host_header_sent_twice_is_refused(port: int) -> None:
    output = await _exchange(port, GOOD + b"Host: y\r\nConnection: close\r\n\r\n")
    assert output.startswith(b"HTTP/1.1 400 ") and b"header-twice" in output


async def test_host_header_missing_or_malformed_is_refused(port: int) -> None:
    for host in (b"", b"Host: a b\r\n", b"Host: x/@y\r\n"):
        output = await _exchange(port, b"GET /healthz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
        assert output.startswith(b"HTTP/1.1 400 ") and b"Host" in output.partition(b"\r\n\r\n")[2], host
    assert (await _exchange(port, b"GET /healthz HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_head_has_the_headers_of_get_without_the_body(port: int) -> None:
    responses = {}
    for method in (b"GET", b"HEAD"):
        output = await _exchange(port, method + b" /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, responses[method] = output.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), method
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        assert int(length.split(b":")[1]) == len(responses[b"GET"]), method
    assert responses[b"HEAD"] == b"" and responses[b"GET"]
    missing = await _exchange(port, b"HEAD /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert missing.startswith(b"HTTP/1.1 405 ") and missing.endswith(b"\r\n\r\n"), "a problem has no body either"


async def _exchange_half_closed(port: int, *parts: bytes) -> bytes:
    """Send parts, end the sending side of the socket, and return all that the gateway sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    writer.write_eof()
    output = await asyncio.wait_for(reader.read(), 25)
    writer.close()
    return output


async def test_client_that_ends_its_sending_side_after_its_requests_reads_the_responses(port: int) -> None:
    post = TOKEN_REQUEST + b"Content-Length: %d\r\n\r\n" % len(FORM)
    for parts in ((GOOD + b"\r\n",), (GOOD, b"\r\n"), (GOOD + b"\r\n" + GOOD + b"\r\n",)):
        output = await _exchange_half_closed(port, *parts)
        assert output.count(b"HTTP/1.1 200 ") == b"".join(parts).count(b"GET /healthz")
    for parts in ((post + FORM,), (post, FORM), (post + FORM + GOOD + b"\r\n",)):
        output = await _exchange_half_closed(port, *parts)
        assert b"HTTP/1.1 401 " in output and b"invalid_client" in output


async def test_client_that_ends_its_sending_side_within_a_request_reads_no_response(port: int) -> None:
    post = TOKEN_REQUEST + b"Content-Length: %d\r\n\r\n" % len(FORM)
    for part in (b"", GOOD, post, post + FORM[:9]):
        assert await _exchange_half_closed(port, part) == b"", part
