"""Bulk routes: results in order, independent lines, and repetition after a lost connection."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from services.gateway.actions.bulk_lines import unwrap
from services.gateway.api.protocol import result_stream
from services.gateway.api.protocol.ndjson import LineSplitter
from tests.gateway.conftest import RunningGateway, declaration
from tests.waiting import wait_until

NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson_lines(made: Sequence[Any]) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in made)


async def send_bulk(
    hub: RunningGateway, header: dict[str, str], body: Any, path: str = "/v1/declarations/bulk", **more: str
) -> Any:
    response = await hub.http.post(path, content=body, headers=header | NDJSON | more)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


async def _count_submissions(hub: RunningGateway) -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one())


async def test_bulk_lines_have_results_in_order_as_single_submissions_have(hub: RunningGateway) -> None:
    trader = await hub.trader()
    sent = [declaration(f"R-{number}") for number in range(700)]
    results = await send_bulk(hub, trader, ndjson_lines(sent))
    assert [(one["line"], one["status_code"], one["status"]) for one in results] == [
        (number, 202, "received") for number in range(1, 701)
    ]
    assert [one["reference"] for one in results] == [one["reference"] for one in sent]
    assert set(results[0]) == {"line", "status_code", "id", "reference", "status", "received_at", "digest", "links"}
    assert await _count_submissions(hub) == 700
    content = await hub.http.get(results[3]["links"]["content"], headers=trader)
    assert content.content == json.dumps(sent[3]).encode()


async def test_bulk_line_that_is_bad_fails_no_other_line(hub: RunningGateway) -> None:
    trader = await hub.trader()
    foreign = declaration(importer={"name": "X", "country": "FR", "identifier": "FR1"})
    invalid = declaration("R-odd")
    invalid["items"][0]["term"] = "XXX"
    again = declaration("R-1", customs_office="FR1")
    deep = b'{"reference": ' + b"[" * 100_000
    huge = b'{"reference": "' + b"x" * 1_100_000 + b'"}'
    sent = [declaration("R-1"), b"{nonsense", b"", foreign, invalid, again, deep, huge, declaration("R-2")]
    results = await send_bulk(hub, trader, ndjson_lines(sent))
    assert [(one["status_code"], one.get("code")) for one in results] == [
        (202, None),
        (400, "malformed-json"),
        (400, "malformed-json"),
        (403, "not-your-declaration"),
        (422, "unknown-term"),
        (409, "reference-taken"),
        (400, "malformed-json"),
        (413, "body-too-large"),
        (202, None),
    ]
    assert [one["line"] for one in results] == list(range(1, 10))
    assert results[4]["errors"][0]["pointer"] == "/items/0/term"
    assert all(one["request_id"] for one in results if "code" in one)
    assert await _count_submissions(hub) == 2


async def test_bulk_lines_sent_again_are_stored_once(hub: RunningGateway) -> None:
    trader = await hub.trader()
    sent = [declaration(f"R-{number}") for number in range(50)]
    first = await send_bulk(hub, trader, ndjson_lines(sent[:30]), **{"Idempotency-Key": "load-1"})
    whole = await send_bulk(hub, trader, ndjson_lines(sent), **{"Idempotency-Key": "load-1"})
    rest = await send_bulk(hub, trader, ndjson_lines(sent[30:]), **{"Idempotency-Key": "load-1"})
    assert [one["id"] for one in whole[:30]] == [one["id"] for one in first]
    assert [one["id"] for one in whole[30:]] == [one["id"] for one in rest]
    assert [one.get("replayed", False) for one in whole] == [True] * 30 + [False] * 20
    assert await _count_submissions(hub) == 50


async def test_bulk_line_with_other_bytes_under_the_same_key_is_refused(hub: RunningGateway) -> None:
    """A line's key consists of the request's key and its reference. Under another key only the reference is taken."""
    trader = await hub.trader()
    await send_bulk(hub, trader, ndjson_lines([declaration("R-1")]), **{"Idempotency-Key": "load-1"})
    changed = ndjson_lines([declaration("R-1", customs_office="FR1")])
    for header, status, code in (
        ({"Idempotency-Key": "load-1"}, 422, "idempotency-key-reused"),
        ({"Idempotency-Key": "load-2"}, 409, "reference-taken"),
        ({}, 409, "reference-taken"),
    ):
        [results] = await send_bulk(hub, trader, changed, **header)
        assert (results["status_code"], results["code"]) == (status, code), header
        assert "R-1" in results["detail"]
    assert await _count_submissions(hub) == 1


async def test_bulk_line_with_a_key_of_its_own_is_stored_under_it(hub: RunningGateway) -> None:
    trader = await hub.trader()
    sent = [declaration("R-1"), declaration("R-2")]
    lines = [
        {"idempotency_key": "k-1", "declaration": sent[0]},
        {"declaration": sent[1], "idempotency_key": "k-2"},
        {"idempotency_key": "k-1", "declaration": sent[1]},
    ]
    results = await send_bulk(hub, trader, ndjson_lines(lines))
    assert [(one["status_code"], one.get("code")) for one in results] == [
        (202, None),
        (202, None),
        (422, "idempotency-key-reused"),
    ]
    single = await hub.lodge(trader, json.dumps(sent[0]).encode(), idempotency_key="k-1")
    assert (single.status_code, single.headers["idempotency-replayed"]) == (202, "true")
    assert single.json()["id"] == results[0]["id"]


@pytest.mark.parametrize(
    ("line", "key", "content"),
    [
        (b'{"a": 1}', None, b'{"a": 1}'),
        (b' { "idempotency_key" : "k" , "declaration" : {"a": {"b": 1}} } ', "k", b'{"a": {"b": 1}}'),
        (b'{"declaration":{"a":1},"idempotency_key":"k"}', "k", b'{"a":1}'),
        (b'{"declaration":{"a":1}}', None, b'{"a":1}'),
        (b'{"idempotency_key":"k","declaration":{"a":1}} x', None, b'{"idempotency_key":"k","declaration":{"a":1}} x'),
        (b'{"declaration":{"x":1,"idempotency_key":"k"}}', None, b'{"x":1,"idempotency_key":"k"}'),
    ],
)
def test_bulk_line_content_keeps_its_exact_bytes(line: bytes, key: str | None, content: bytes) -> None:
    assert unwrap(line, "declaration") == (key, content)


async def test_results_arrive_while_the_client_still_sends(hub: RunningGateway) -> None:
    trader = await hub.trader()
    answered = asyncio.Event()

    async def lines() -> AsyncIterator[bytes]:
        yield ndjson_lines([declaration("R-1")])
        await asyncio.wait_for(answered.wait(), 25)
        yield ndjson_lines([declaration("R-2")])

    import aiohttp

    async with aiohttp.ClientSession() as session:
        url = hub.url + "/v1/declarations/bulk"
        async with session.post(url, data=lines(), headers=trader | NDJSON) as response:
            first = json.loads(await response.content.readline())
            answered.set()
            second = json.loads(await response.content.readline())
            assert (first["reference"], second["reference"]) == ("R-1", "R-2")
            assert await response.content.readline() == b""


async def test_bulk_lines_after_a_lost_connection_are_stored_once(hub: RunningGateway) -> None:
    trader = await hub.trader()
    sent = [declaration(f"R-{number}") for number in range(300)]

    async def interrupted_lines() -> AsyncIterator[bytes]:
        yield ndjson_lines(sent[:100]) + b'{"reference": "R-10'
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await hub.http.post("/v1/declarations/bulk", content=interrupted_lines(), headers=trader | NDJSON)

    async def are_accepted() -> bool:
        return await _count_submissions(hub) >= 100

    await wait_until(are_accepted)
    results = await send_bulk(hub, trader, ndjson_lines(sent))
    assert [one["status_code"] for one in results] == [202] * 300
    assert await _count_submissions(hub) == 300


async def test_bulk_client_that_sends_everything_first_gets_all_results(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_stream, "MAX_IN_MEMORY", 1_000)
    trader = await hub.trader()
    sent = [declaration(f"R-{number}") for number in range(2_000)]
    results = await send_bulk(hub, trader, ndjson_lines(sent))
    assert [one["line"] for one in results] == list(range(1, 2_001))


async def _connect_with_small_buffers(hub: RunningGateway) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect with small buffers, so that what the hub does not read is soon noticed."""
    client = socket.socket()
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        client.setsockopt(socket.SOL_SOCKET, option, 32_768)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", hub.settings.port))
    return await asyncio.open_connection(sock=client, limit=65_536)


async def _send_until_refused(writer: asyncio.StreamWriter, block: bytes) -> int:
    """Send blocks until the hub has read none for two seconds. Return the number of blocks, of at most 3,000."""
    for number in range(3_000):
        try:
            writer.write(block)
            async with asyncio.timeout(2):
                await writer.drain()
        except TimeoutError:
            return number + 1
    return 3_000


async def _read_bulk_results(reader: asyncio.StreamReader) -> list[dict[str, Any]]:
    """Read a chunked response to its end."""
    await reader.readuntil(b"\r\n\r\n")
    body = b""
    for _ in range(100_000):
        size = int(await reader.readline(), 16)
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readline()
    return [json.loads(line) for line in body.splitlines()]


async def test_bulk_whose_results_nobody_reads_is_not_read_further(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_stream, "MAX_IN_MEMORY", 1_000)
    monkeypatch.setattr(result_stream, "MAX_IN_FILE", 200_000)
    trader, space = await hub.trader(), hub.context.spool_space
    reader, writer = await _connect_with_small_buffers(hub)
    writer.write(
        b"POST /v1/declarations/bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
        b"Authorization: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % trader["Authorization"].encode()
    )
    lines = (b"x" * 399 + b"\n") * 100
    block = b"%x\r\n%s\r\n" % (len(lines), lines)
    blocks = await _send_until_refused(writer, block)
    for _ in range(10):  # a slow machine may pause before the hub has results to keep
        if space.used or blocks >= 3_000:
            break
        blocks += await _send_until_refused(writer, block)
    assert blocks < 3_000, "the hub read on"
    assert 0 < space.used < 1_000_000
    reading = asyncio.create_task(_read_bulk_results(reader))
    writer.write(b"0\r\n\r\n")
    results = await reading
    assert [one["line"] for one in results] == list(range(1, 100 * blocks + 1))
    assert {one["code"] for one in results} == {"malformed-json"}
    await wait_until(lambda: not space.used)
    writer.close()


async def test_bulk_requests_of_a_party_beyond_the_limit_are_429(hub: RunningGateway) -> None:
    trader, go_on = await hub.trader(), asyncio.Event()
    hub.context.bulks.per_party = 1

    async def lines() -> AsyncIterator[bytes]:
        yield ndjson_lines([declaration("R-1")])
        await go_on.wait()

    first = asyncio.create_task(send_bulk(hub, trader, lines()))
    await wait_until(lambda: hub.context.bulks._taken)
    refused = await hub.http.post("/v1/declarations/bulk", content=b"{}\n", headers=trader | NDJSON)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-bulk-requests")
    assert int(refused.headers["retry-after"]) >= 1
    hub.context.bulks.per_party, hub.context.bulks.total = 2, 1
    refused = await hub.http.post(
        "/v1/permits/bulk", content=b"{}\n", headers=(await hub.party("authority"))[1] | NDJSON
    )
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    go_on.set()
    assert [one["status_code"] for one in await first] == [202]
    assert len(await send_bulk(hub, trader, b"{}\n")) == 1


def test_lines_are_split_independently_of_chunks() -> None:
    body = b"one\r\ntwo\n\nfour"
    for size in range(1, len(body) + 1):
        splitter = LineSplitter()
        lines = [line for at in range(0, len(body), size) for line in splitter.feed(body[at : at + size])]
        lines += splitter.finish()
        assert [(line.number, line.body) for line in lines] == [(1, b"one"), (2, b"two"), (3, b""), (4, b"four")]


async def test_bulk_body_that_is_no_ndjson_is_415(hub: RunningGateway) -> None:
    trader, (_, officer) = await hub.trader(), await hub.party("authority")
    json_ = await hub.http.post("/v1/declarations/bulk", content=b"{}", headers=trader | {"Content-Type": "text/csv"})
    assert (json_.status_code, json_.json()["code"]) == (415, "unsupported-media-type")
    assert "application/x-ndjson" in json_.json()["detail"]
    refused = await hub.http.post("/v1/declarations/bulk", content=b"{}\n", headers=officer | NDJSON)
    assert refused.status_code == 403


async def test_bulk_request_without_lines_has_no_results(hub: RunningGateway) -> None:
    assert await send_bulk(hub, await hub.trader(), b"") == []


async def test_bulk_declarations_without_permits_are_accepted(alone: RunningGateway) -> None:
    trader = await alone.trader()
    results = await send_bulk(alone, trader, ndjson_lines([declaration(f"R-{number}") for number in range(20)]))
    assert {one["status_code"] for one in results} == {202}
    found = await alone.http.get(results[0]["links"]["self"], headers=trader)
    assert isinstance(found, httpx2.Response) and found.json()["status"] == "received"
