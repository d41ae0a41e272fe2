"""The connection of a service: trailers are dropped and bounded, and an unread body ends the connection."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from services.cli.ports import free_ports
from shared import http_connection
from shared.http_connection import HttpConnection
from tests.servers import running_server
from tests.waiting import wait_until

POST = b"POST %s HTTP/1.1\r\nHost: x\r\n"
LONG = 12_000_000
"""Bytes of a response that no operating system takes whole into its buffers."""
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Respond with the headers and the body: at `/early` without the body, at `/stream` before its end."""
    body = await read_body(receive) if scope["path"] == "/whole" else b""
    content = b"|".join(b"%s=%s" % pair for pair in scope["headers"]) + b"|body=" + body
    content += b"x" * LONG if scope["path"] == "/long" else b""
    length = [] if scope["path"] == "/stream" else [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await read_body(receive)
    await send({"type": "http.response.body", "body": content})


async def read_body(receive: Any) -> bytes:
    """Return the body of a request, or what arrived of it before the connection ended."""
    body, more = b"", True
    async with asyncio.timeout(25):
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
        async with asyncio.timeout(25):
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


@pytest.mark.parametrize("head", [b"a:\r\n" * 20_000, b"X-A: %s\r\n" % (b"x" * 1000) * 150, b"X-A: " + b"x" * 140_000])
async def test_head_beyond_the_limit_is_431(port: int, head: bytes) -> None:
    for parts in ([head], [head[n : n + 50_000] for n in range(0, len(head), 50_000)]):
        output = await exchange(port, b"GET /whole HTTP/1.1\r\nHost: x\r\n", *parts, b"\r\n\r\n")
        assert not output or output.startswith(b"HTTP/1.1 431 ")


async def test_head_within_the_limit_is_read(port: int) -> None:
    head = b"X-A: %s\r\n" % (b"x" * 500) * 190
    for _ in range(2):
        assert b"body=" in await exchange(port, b"GET /whole HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + LAST)


@pytest.mark.parametrize("chunk", [b"5;%s\r\nhello\r\n" % (b"a" * 200), b"5;" + b"a" * 50_000 + b"\r\nhello\r\n"])
async def test_chunk_extensions_beyond_the_limit_end_the_connection(port: int, chunk: bytes) -> None:
    start = POST % b"/whole" + b"Transfer-Encoding: chunked\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    for _ in range(10_000_000 // len(chunk)):
        writer.write(chunk)
        try:
            await writer.drain()
        except ConnectionError:
            break
        if reader.at_eof() or writer.is_closing():
            break
    else:
        pytest.fail("The server read 10 MB.")
    writer.close()


async def test_small_chunks_without_extensions_are_read(port: int) -> None:
    start = POST % b"/whole" + b"Transfer-Encoding: chunked\r\n\r\n"
    parts = [b"5\r\nhello\r\n" * 100] * 50 + [b"1\r\nx", b"\r\n"] * 50
    output = await exchange(port, start, *parts, b"0\r\n\r\n" + LAST)
    assert output.count(b"HTTP/1.1 200 ") == 2 and output.count(b"hello") == 5000


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
        async with asyncio.timeout(25):
            while sent < 100_000_000:
                writer.write(b"x" * 50_000)
                sent += 50_000
                await writer.drain()
    writer.close()
    assert sent < 50_000_000


async def test_streamed_response_that_begins_before_the_body_ends_the_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST % b"/stream" + b"Content-Length: 10\r\n\r\n" + b"x" * 5)
    async with asyncio.timeout(25):
        output = await reader.readuntil(b"first\r\n")
        writer.write(b"x" * 5)
        output += await reader.read()
    writer.close()
    assert b"connection: close" in output and output.endswith(b"0\r\n\r\n")


async def test_request_with_a_complete_body_keeps_the_connection(port: int) -> None:
    for path in (b"/whole", b"/early"):
        output = await exchange(port, POST % path + b"Content-Length: 5\r\n\r\nhello", LAST)
        assert output.count(b"HTTP/1.1 200 ") == 2


@asynccontextmanager
async def slow_client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Request a long response on a connection with a small buffer. The reader reads only what a test reads."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=client, limit=32_768)
    try:
        yield reader, writer
    finally:
        writer.close()


async def read_slowly(reader: asyncio.StreamReader, *, pause: float) -> int:
    """Read to the end with pauses. Return the number of bytes."""
    size = 0
    try:
        async with asyncio.timeout(60):
            while data := await reader.read(400_000):
                size += len(data)
                await asyncio.sleep(pause)
    except ConnectionError:
        pass
    return size


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits 0.3 s for a reading client. The options of the socket do not help it: systems differ."""
    monkeypatch.setattr(HttpConnection, "unread_seconds", 0.3)
    monkeypatch.setattr(http_connection, "_notice_vanished_peer", lambda *_: None)


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("ending", ["keep-alive", "close"])
async def test_response_that_the_client_does_not_read_ends_the_connection(port: int, ending: str) -> None:
    async with slow_client(port) as (reader, writer):
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n" % ending.encode())
        await asyncio.sleep(2)
        assert await read_slowly(reader, pause=0) < LONG


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("ending", ["keep-alive", "close"])
async def test_short_rest_of_a_response_that_the_client_does_not_read_ends_the_connection(
    port: int, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """The rest is too short to stop the writing. The connection is to end, but waits for its rest to be read."""
    connections: list[HttpConnection] = []
    made = HttpConnection.connection_made

    def record(connection: HttpConnection, transport: Any) -> None:
        made(connection, transport)
        transport.set_write_buffer_limits(high=10 * LONG)
        connection.timeout_keep_alive = 0.1  # type: ignore[assignment]
        connections.append(connection)

    monkeypatch.setattr(HttpConnection, "connection_made", record)
    async with slow_client(port) as (_, writer):
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n" % ending.encode())
        await wait_until(lambda: connections)
        await wait_until(lambda: connections[0].parser is None)


async def test_response_that_the_client_reads_slowly_arrives_whole(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpConnection, "unread_seconds", 1.5)
    async with slow_client(port) as (reader, writer):
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert await read_slowly(reader, pause=0.02) > LONG


async def test_connection_notices_a_client_that_vanished(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, int] = {}
    made = HttpConnection.connection_made

    def record(connection: HttpConnection, transport: Any) -> None:
        made(connection, transport)
        accepted = transport.get_extra_info("socket")
        found["SO_KEEPALIVE"] = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"):
            found[name] = accepted.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))

    monkeypatch.setattr(HttpConnection, "connection_made", record)
    monkeypatch.setattr(HttpConnection, "unread_seconds", 60)
    await exchange(port, LAST)
    assert found == {
        "SO_KEEPALIVE": 1,
        "TCP_KEEPIDLE": 20,
        "TCP_KEEPINTVL": 10,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": 60_000,
    }
