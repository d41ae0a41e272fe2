"""Taking declarations in: durable before it is answered, one effect under one key, no harm from a neighbour."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import text

from services.cli.databases import Server
from services.cli.ports import free_ports
from services.gateway.actions.lodgement import batcher
from services.gateway.api.routes import ROUTES
from services.gateway.api.routing.registration import register_routes
from services.gateway.api.routing.route import Limits
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway


async def _count(hub: RunningGateway, query: str = "SELECT count(*) FROM submissions") -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text(query))).scalar_one())


async def _own_sql(hub: RunningGateway, server: Server, statement: str) -> None:
    """Say something to the gateway's database as its superuser."""
    conn = await server.connect_as_superuser(urlsplit(hub.settings.database_url).path.lstrip("/"))
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


async def test_the_answer_names_what_was_kept(hub: RunningGateway) -> None:
    party, trader = await hub.party("trader", identifiers={"EORI": "FR99988877700011"})
    body = json.dumps(declaration("B-2026/“ü”")).encode()
    response = await hub.lodge(trader, body)
    output = response.json()
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    path = f"/v1/declarations/{output['id']}"
    assert response.status_code == 202
    assert output == {
        "id": output["id"],
        "reference": "B-2026/“ü”",
        "status": "received",
        "received_at": output["received_at"],
        "digest": digest,
        "links": {"self": path, "content": f"{path}/content", "receipt": f"{path}/receipt"},
    }
    assert response.headers["location"] == path
    assert "idempotency-replayed" not in response.headers
    [asked] = await hub.permits.wait_for_requests("/internal/declarations")
    [message] = asked.json["letters"]
    assert asked.caller.service == "gateway" and asked.caller.party is None
    assert message == {
        "id": output["id"],
        "received_at": output["received_at"],
        "digest": digest,
        "trader": party["id"],
        "party": party,
        "declaration": json.loads(body),
    }
    assert body in asked.body


async def test_fifty_at_once_under_one_key_get_the_one_answer(hub: RunningGateway) -> None:
    trader = await hub.trader()
    body = declaration()
    responses = await asyncio.gather(*(hub.lodge(trader, body, idempotency_key="k1") for _ in range(50)))
    assert {(response.status_code, response.content) for response in responses} == {(202, responses[0].content)}
    replayed = Counter(response.headers.get("idempotency-replayed") for response in responses)
    assert replayed == {None: 1, "true": 49}
    assert await _count(hub) == 1
    asked = await hub.permits.wait_for_requests("/internal/declarations")
    assert [message["id"] for one in asked for message in one.json["letters"]] == [responses[0].json()["id"]]


async def test_fifty_at_once_under_one_key_at_two_gateways_get_the_one_answer(hub: RunningGateway) -> None:
    trader, body, port = await hub.trader(), declaration(), free_ports(1)[0]
    sister = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    async with (
        serve_gateway(sister) as app,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as there,
    ):
        while not app.state.context.directory.is_fresh:
            await asyncio.sleep(0.01)
        headers = trader | {"Idempotency-Key": "k1"}
        places = [hub.http, there] * 25
        responses = await asyncio.gather(*(at.post("/v1/declarations", json=body, headers=headers) for at in places))
    assert {(response.status_code, response.content) for response in responses} == {(202, responses[0].content)}
    assert await _count(hub) == 1


async def test_a_key_stands_for_the_bytes_it_came_with(hub: RunningGateway) -> None:
    trader, body = await hub.trader(), declaration()
    first = await hub.lodge(trader, body, idempotency_key="k1")
    same = await hub.lodge(trader, body, idempotency_key="k1", content_type='application/json; charset="UTF-8"')
    spaced = await hub.lodge(trader, json.dumps(body, indent=1).encode(), idempotency_key="k1")
    other = await hub.lodge(trader, declaration(), idempotency_key="k1")
    assert (same.status_code, same.content) == (202, first.content)
    assert same.headers["idempotency-replayed"] == "true"
    for response in (spaced, other):
        assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert await _count(hub) == 1


async def test_a_key_is_its_partys_own(hub: RunningGateway) -> None:
    trader = await hub.trader()
    _, other = await hub.party("trader", identifiers={"EORI": "FR2"})
    theirs = declaration(importer={"name": "C", "country": "FR", "identifier": "FR2"})
    responses = [
        await hub.lodge(header, body, idempotency_key="k1")
        for header, body in ((trader, declaration()), (other, theirs))
    ]
    assert [response.status_code for response in responses] == [202, 202]
    assert responses[0].json()["id"] != responses[1].json()["id"]


@pytest.mark.parametrize("key", ["a b", "", "é", "k" * 256])
async def test_a_key_is_visible_ascii(hub: RunningGateway, key: str) -> None:
    headers = await hub.trader() | {"Content-Type": "application/json"}
    sent = {name.encode(): value.encode() for name, value in headers.items()} | {b"Idempotency-Key": key.encode()}
    response = await hub.http.post("/v1/declarations", json=declaration(), headers=sent)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")


async def test_the_longest_key_is_taken(hub: RunningGateway) -> None:
    assert (await hub.lodge(await hub.trader(), declaration(), idempotency_key="~" * 255)).status_code == 202


async def test_a_reference_is_used_once_by_one_trader(hub: RunningGateway) -> None:
    trader, body = await hub.trader(), declaration("B-1")
    assert (await hub.lodge(trader, body)).status_code == 202
    again = await hub.lodge(trader, body)
    assert (again.status_code, again.json()["code"]) == (409, "reference-taken")
    responses = await asyncio.gather(*(hub.lodge(trader, declaration("B-2")) for _ in range(20)))
    assert Counter(response.status_code for response in responses) == {202: 1, 409: 19}
    _, other = await hub.party("trader", identifiers={"EORI": "FR2"})
    theirs = declaration("B-1", importer={"name": "C", "country": "FR", "identifier": "FR2"})
    assert (await hub.lodge(other, theirs)).status_code == 202


async def test_keys_and_references_that_cross_do_not_wait_for_one_another(hub: RunningGateway, server: Server) -> None:
    """Two gateways insert the same references in opposite order of keys: a deadlock is tried again, none is lost."""
    await _own_sql(
        hub,
        server,
        """CREATE FUNCTION dally() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_sleep(0.003); RETURN NEW; END $$;
           CREATE TRIGGER dally BEFORE INSERT ON submissions FOR EACH ROW EXECUTE FUNCTION dally()""",
    )
    trader, port = await hub.trader(), free_ports(1)[0]
    sister = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    bodies = [declaration(f"B-{number}") for number in range(16)]
    async with (
        serve_gateway(sister) as app,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as there,
    ):
        while not app.state.context.directory.is_fresh:
            await asyncio.sleep(0.01)

        async def send(at: httpx2.AsyncClient, number: int, key: int) -> int:
            headers = trader | {"Idempotency-Key": f"{key:03}"}
            return (await at.post("/v1/declarations", json=bodies[number], headers=headers)).status_code

        here = [send(hub.http, number, number) for number in range(16)]
        away = [send(there, number, 200 - number) for number in range(16)]
        statuses = Counter(await asyncio.gather(*here, *away))
    assert statuses == {202: 16, 409: 16}
    assert await _count(hub) == 16


async def test_one_that_the_database_refuses_harms_none_of_its_batch(hub: RunningGateway, server: Server) -> None:
    await _own_sql(
        hub,
        server,
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NEW.reference = 'BAD' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
           CREATE TRIGGER refuse BEFORE INSERT ON submissions FOR EACH ROW EXECUTE FUNCTION refuse()""",
    )
    trader = await hub.trader()
    references = [f"B-{number}" for number in range(20)] + ["BAD"]
    responses = await asyncio.gather(*(hub.lodge(trader, declaration(reference)) for reference in references))
    assert [response.status_code for response in responses] == [202] * 20 + [500]
    assert responses[-1].json()["code"] == "internal-error"
    assert await _count(hub) == 20


async def test_too_many_that_wait_are_told_so_at_once(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    trader = await hub.trader()
    for limit in ("MAX_WAITING", "MAX_WAITING_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(batcher, limit, -1 if limit == "MAX_WAITING_BYTES" else 0)
            response = await hub.lodge(trader, declaration())
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
            assert response.headers["retry-after"] in {"1", "2", "3"}
    assert (await hub.lodge(trader, declaration())).status_code == 202


@asynccontextmanager
async def _line(url: str, folder: Path) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A line to the database that can be cut: a socket of our own, passed on."""
    parts = urlsplit(url)
    host, port = parse_qs(parts.query)["host"][0], parse_qs(parts.query)["port"][0]
    ends: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if host.startswith("/"):
                there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                there = await asyncio.open_connection(host, int(port))
            ends.extend((writer, there[1]))
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        except OSError:
            writer.close()

    line = await asyncio.start_unix_server(carry, folder / f".s.PGSQL.{port}")

    def cut() -> None:
        line.close()
        for end in ends:
            end.transport.abort()

    yield url.replace(parts.query, f"host={folder}&port={port}"), cut
    cut()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_a_database_that_is_away_is_a_503_and_never_a_202(hub: RunningGateway, tmp_path: Path) -> None:
    trader = await hub.trader()
    async with _line(hub.settings.database_url, tmp_path) as (url, cut):
        port = free_ports(1)[0]
        sister = hub.settings.model_copy(update={"port": port, "public_url": hub.url, "database_url": url})
        async with (
            serve_gateway(sister) as app,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as there,
        ):
            while not app.state.context.directory.is_fresh:
                await asyncio.sleep(0.01)
            at = RunningGateway(hub.url, sister, app, hub.permits, hub.notifications, there)
            assert (await at.lodge(trader, declaration())).status_code == 202
            cut()
            responses = await asyncio.gather(*(at.lodge(trader, declaration()) for _ in range(10)))
            for response in responses:
                assert (response.status_code, response.json()["code"]) == (503, "database-unavailable"), response.text
                assert "under the same key" in response.json()["detail"]
                assert "retry-after" in response.headers
            assert (await there.get("/readyz")).status_code == 503
            assert (await there.get("/healthz")).status_code == 200
    assert await _count(hub) == 1


async def test_a_connection_that_was_cut_is_opened_again_and_nobody_notices(
    hub: RunningGateway, server: Server
) -> None:
    trader = await hub.trader()
    assert (await hub.lodge(trader, declaration())).status_code == 202
    for _ in range(3):
        await _own_sql(
            hub,
            server,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        responses = await asyncio.gather(*(hub.lodge(trader, declaration()) for _ in range(5)))
        assert [response.status_code for response in responses] == [202] * 5, responses[0].text


async def test_the_head_of_the_line_is_not_kept_waiting_by_a_slow_body(hub: RunningGateway) -> None:
    [declared] = [route for route in ROUTES if route.operation_id == "lodge_declaration"]
    register_routes(hub.app, [replace(declared, limits=Limits(body_seconds=0.2))])
    trader = await hub.trader()
    lines = ["POST /v1/declarations HTTP/1.1", "Host: hub", "Content-Type: application/json", "Content-Length: 9"]
    lines += [f"{name}: {value}" for name, value in (trader | {"Idempotency-Key": "k"}).items()]
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 408")
    writer.close()
