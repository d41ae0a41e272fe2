"""The connection of a service: trailers are dropped and bounded, and an unread body ends the connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from services.cli.ports import free_ports
from shared import http_connection
from shared.http_connection import HttpConnection
from tests.servers import running_server

POST = b"POST %s HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Respond with the headers and the body: at `/early` without the body, at `/stream` before its end."""
    body = await read_body(receive) if scope["path"] == "/whole" else b""
    content = b"|".join(b"%s=%s" % pair for pair in scope["headers"]) + b"|body=" + body
    length = [] if scope["path"] == "/stream" else [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await read_body(receive)
    await send({"type": "http.response.body", "body": content})


async def read_body(receive: Any) -> bytes:
    """Return the body of a request, or what arrived of it before the connection ended."""
    body, more = b"", True
    async with asyncio.timeout(10):
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
    return body


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server of that application."""
    config = uvicorn.Config(
        application, port=free_ports(1)[0], http=HttpConnection, ws="none", lifespan="off", log_config=None
    )
    async with running_server(config):
        yield config.port


async def exchange(port: int, *parts: bytes) -> bytes:
    """Send parts, and return all that the server sends until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


LAST = b"GET /whole HTTP/1.1\r\nHost: x\r\nX-Last: yes\r\nConnection: close\r\n\r\n"


async def test_trailer_of_a_chunked_body_is_no_header(port: int) -> None:
    output = await exchange(port, POST % b"/whole" + CHUNKED + b"Authorization: Bearer x\r\n\r\n", LAST)
    assert output.count(b"HTTP/1.1 200 ") == 2 and b"body=hello" in output
    assert b"authorization" not in output.lower()


async def test_header_after_a_request_with_trailers_is_read(port: int) -> None:
    output = await exchange(port, POST % b"/whole" + CHUNKED + b"X-Trailer: no\r\n\r\n" + LAST)
    assert b"x-last=yes" in output and b"x-trailer" not in output


@pytest.mark.parametrize("trailers", [b"X-A: %s\r\n" % (b"x" * 1000) * 20, b"X-A: " + b"x" * 20_000])
async def test_trailers_beyond_the_limit_end_the_connection(port: int, trailers: bytes) -> None:
    for parts in ([trailers], [trailers[n : n + 3000] for n in range(0, len(trailers), 3000)]):
        output = await exchange(port, POST % b"/whole" + CHUNKED, *parts, b"\r\n\r\n", LAST)
        assert b"x-last=yes" not in output and b"body=hello" not in output


async def test_response_before_the_body_ends_the_connection(port: int) -> None:
    output = await exchange(port, POST % b"/early" + b"Content-Length: 10000000\r\n\r\n" + b"x" * 1000)
    assert output.startswith(b"HTTP/1.1 200 ") and b"\r\nconnection: close\r\n" in output


async def test_response_before_the_body_is_read_by_a_client_that_sends_on(port: int) -> None:
    for _ in range(5):
        body = [b"x" * 50_000] * 10
        output = await exchange(port, POST % b"/early" + b"Content-Length: 500000\r\n\r\n", *body, LAST)
        assert output.count(b"HTTP/1.1 200 ") == 1 and b"content-length=500000" in output


async def test_body_without_an_end_after_a_response_ends_the_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "DISCARD_LIMIT", 100_000)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST % b"/early" + b"Content-Length: 1000000000\r\n\r\n")
    sent = 0
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(10):
            while sent < 100_000_000:
                writer.write(b"x" * 50_000)
                sent += 50_000
                await writer.drain()
    writer.close()
    assert sent < 50_000_000


async def test_streamed_response_that_begins_before_the_body_ends_the_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST % b"/stream" + b"Content-Length: 10\r\n\r\n" + b"x" * 5)
    async with asyncio.timeout(10):
        output = await reader.readuntil(b"first\r\n")
        writer.write(b"x" * 5)
        output += await reader.read()
    writer.close()
    assert b"connection: close" in output and output.endswith(b"0\r\n\r\n")


async def test_request_with_a_complete_body_keeps_the_connection(port: int) -> None:
    for path in (b"/whole", b"/early"):
        output = await exchange(port, POST % path + b"Content-Length: 5\r\n\r\nhello", LAST)
        assert output.count(b"HTTP/1.1 200 ") == 2
