"""The headers of every response, and requests whose path or framing two readers might understand differently."""

import asyncio
import json
from uuid import uuid4

import httpx2
import pytest

from tests.gateway.conftest import RunningGateway, declaration


async def _send(hub: RunningGateway, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send the bytes of a request. Return status, headers and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
    writer.write(request)
    async with asyncio.timeout(25):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
    writer.close()
    return int(head[0].split()[1]), headers, body


async def _responses(hub: RunningGateway) -> list[httpx2.Response]:
    trader = await hub.trader()
    lodged = await hub.lodge(trader, declaration())
    ndjson = trader | {"Content-Type": "application/x-ndjson"}
    line = json.dumps({"key": "1", "declaration": declaration()}).encode()
    return [
        lodged,
        await hub.http.get("/v1/me", headers=trader),
        await hub.http.get(lodged.headers["location"], headers=trader),
        await hub.http.get(f"{lodged.headers['location']}/content", headers=trader),
        await hub.http.get(f"{lodged.headers['location']}/receipt", headers=trader),
        await hub.http.get("/v1/permits", headers=trader),
        await hub.http.get("/v1/parties", headers=trader),
        await hub.http.get(f"/v1/permits/{uuid4()}", headers=trader),
        await hub.http.get("/v1/events", headers=trader),
        await hub.http.get("/v1/parties", headers=hub.admin),
        await hub.http.post("/v1/declarations/bulk", content=line, headers=ndjson),
        await hub.http.post("/v1/declarations", content=b"[", headers=trader | {"Idempotency-Key": "k"}),
    ]


async def test_response_to_a_signed_in_caller_is_stored_nowhere(hub: RunningGateway) -> None:
    for response in await _responses(hub):
        assert response.headers.get_list("cache-control") == ["no-store"], response.request.url


async def test_response_has_nosniff_once_and_no_server(hub: RunningGateway) -> None:
    public = [
        await hub.http.request(method, path)
        for method, path in [
            ("GET", "/healthz"),
            ("GET", "/docs"),
            ("GET", "/"),
            ("GET", "/problems"),
            ("GET", "/openapi.json"),
            ("GET", "/.well-known/jwks.json"),
            ("GET", "/no-such-path"),
            ("PATCH", "/v1/me"),
            ("GET", "/v1/me"),
            ("POST", "/oauth2/token"),
        ]
    ]
    for response in [*public, *await _responses(hub)]:
        assert response.headers.get_list("x-content-type-options") == ["nosniff"], response.request.url
        assert "server" not in response.headers


@pytest.mark.parametrize("request_bytes", [b"GET /\xff\x00 HTTP/1.1\r\n\r\n", b"no http\r\n\r\n"])
async def test_response_to_bytes_that_are_no_http_has_the_same_headers(
    hub: RunningGateway, request_bytes: bytes
) -> None:
    status, headers, _ = await _send(hub, request_bytes)
    assert (status, headers["x-content-type-options"], headers["cache-control"]) == (400, "nosniff", "no-store")
    assert "server" not in headers


@pytest.mark.parametrize("slash", ["%2F", "%2f", "%5C", "%5c"])
async def test_encoded_slash_in_the_path_is_refused(hub: RunningGateway, slash: str) -> None:
    for path in (f"/v1{slash}me", f"/v1/permits/{slash}", f"/docs/assets{slash}start.js"):
        head = f"GET {path} HTTP/1.1\r\nHost: h\r\nAuthorization: {hub.admin['Authorization']}\r\n\r\n"
        status, _, body = await _send(hub, head.encode())
        assert (status, json.loads(body)["code"]) == (400, "invalid-parameter"), path


async def test_encoded_slash_in_the_query_is_a_value(hub: RunningGateway) -> None:
    head = f"GET /v1/permits?number=ZA%2F1 HTTP/1.1\r\nHost: h\r\nAuthorization: {hub.admin['Authorization']}\r\n\r\n"
    status, _, body = await _send(hub, head.encode())
    assert status != 400, body


@pytest.mark.parametrize(
    ("codings", "version"),
    [
        (["gzip, chunked"], "1.1"),
        (["gzip", "chunked"], "1.1"),
        ([", chunked"], "1.1"),
        (["identity"], "1.1"),
        (["chunked, chunked"], "1.1"),
        (["xchunked"], "1.1"),
        (["chunked"], "1.0"),
    ],
)
async def test_transfer_coding_other_than_chunked_is_refused_and_ends_the_connection(
    hub: RunningGateway, codings: list[str], version: str
) -> None:
    lines = "".join(f"Transfer-Encoding: {coding}\r\n" for coding in codings)
    head = f"POST /oauth2/token HTTP/{version}\r\nHost: h\r\n{lines}\r\n0\r\n\r\n"
    status, headers, body = await _send(hub, head.encode())
    assert (status, json.loads(body)["code"]) == (400, "http-error")
    assert headers["connection"] == "close"


@pytest.mark.parametrize("version", ["", " HTTP/0.9", " HTTP/2.0"])
async def test_request_line_without_a_version_of_http_1_is_refused(hub: RunningGateway, version: str) -> None:
    head = f"GET /v1/me{version}\r\nHost: h\r\nAuthorization: {hub.admin['Authorization']}\r\n\r\n"
    status, headers, body = await _send(hub, head.encode())
    assert (status, json.loads(body)["code"], headers["connection"]) == (400, "http-error", "close")


async def test_request_of_http_1_0_is_accepted(hub: RunningGateway) -> None:
    head = f"GET /v1/me HTTP/1.0\r\nHost: h\r\nAuthorization: {hub.admin['Authorization']}\r\n\r\n"
    assert (await _send(hub, head.encode()))[0] == 200


async def test_chunked_body_is_accepted(hub: RunningGateway) -> None:
    head = b"POST /oauth2/token HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
    status, _, body = await _send(hub, head)
    assert (status, "error" in json.loads(body)) == (400, True)
    assert json.loads(body)["error"] == "invalid_request"
