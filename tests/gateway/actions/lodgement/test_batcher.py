"""Submissions: durable before the response, one effect per key, independent of each other."""

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
from tests.waiting import WAIT_SECONDS, wait_until


async def _count_submissions(hub: RunningGateway, query: str = "SELECT count(*) FROM submissions") -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text(query))).scalar_one())


async def _execute_as_superuser(hub: RunningGateway, server: Server, statement: str) -> None:
    """Execute a statement in the gateway's database as its superuser."""
    conn = await server.connect_as_superuser(urlsplit(hub.settings.database_url).path.lstrip("/"))
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


async def test_receipt_has_the_values_that_were_stored(hub: RunningGateway) -> None:
    party, trader = await hub.party("trader", identifiers={"EORI": "FR99988877700011"})
    body = json.dumps(declaration("B-2026/ü")).encode()
    response = await hub.lodge(trader, body)
    output = response.json()
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    path = f"/v1/declarations/{output['id']}"
    assert response.status_code == 202
    assert output == {
        "id": output["id"],
        "reference": "B-2026/ü",
        "status": "received",
        "received_at": output["received_at"],
        "digest": digest,
        "links": {"self": path, "content": f"{path}/content", "receipt": f"{path}/receipt"},
    }
    assert response.headers["location"] == path
    assert "idempotency-replayed" not in response.headers
    [received] = await hub.permits.wait_for_requests("/internal/declarations")
    [message] = received.json["letters"]
    assert received.caller.service == "gateway" and received.caller.party is None
    assert message == {
        "id": output["id"],
        "received_at": output["received_at"],
        "digest": digest,
        "trader": party["id"],
        "party": party,
        "declaration": json.loads(body),
    }
    assert body in received.body


async def test_submissions_at_once_under_one_key_get_one_receipt(hub: RunningGateway) -> None:
    trader = await hub.trader()
    body = declaration()
    responses = await asyncio.gather(*(hub.lodge(trader, body, idempotency_key="k1") for _ in range(50)))
    assert {(response.status_code, response.content) for response in responses} == {(202, responses[0].content)}
    replayed = Counter(response.headers.get("idempotency-replayed") for response in responses)
    assert replayed == {None: 1, "true": 49}
    assert await _count_submissions(hub) == 1
    received = await hub.permits.wait_for_requests("/internal/declarations")
    assert [message["id"] for one in received for message in one.json["letters"]] == [responses[0].json()["id"]]


async def test_submissions_at_two_gateways_under_one_key_get_one_receipt(hub: RunningGateway) -> None:
    trader, body, port = await hub.trader(), declaration(), free_ports(1)[0]
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    async with (
        serve_gateway(replica) as app,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as other_http,
    ):
        await wait_until(lambda: app.state.context.directory.is_fresh)
        headers = trader | {"Idempotency-Key": "k1"}
        clients = [hub.http, other_http] * 25
        responses = await asyncio.gather(*(at.post("/v1/declarations", json=body, headers=headers) for at in clients))
    assert {(response.status_code, response.content) for response in responses} == {(202, responses[0].content)}
    assert await _count_submissions(hub) == 1


async def test_idempotency_key_with_other_bytes_is_refused(hub: RunningGateway) -> None:
    trader, body = await hub.trader(), declaration()
    first = await hub.lodge(trader, body, idempotency_key="k1")
    same = await hub.lodge(trader, body, idempotency_key="k1", content_type='application/json; charset="UTF-8"')
    spaced = await hub.lodge(trader, json.dumps(body, indent=1).encode(), idempotency_key="k1")
    other = await hub.lodge(trader, declaration(), idempotency_key="k1")
    assert (same.status_code, same.content) == (202, first.content)
    assert same.headers["idempotency-replayed"] == "true"
    for response in (spaced, other):
        assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert await _count_submissions(hub) == 1


async def test_idempotency_key_of_another_party_is_another_key(hub: RunningGateway) -> None:
    trader = await hub.trader()
    _, other = await hub.party("trader", identifiers={"EORI": "FR2"})
    their_declaration = declaration(importer={"name": "C", "country": "FR", "identifier": "FR2"})
    responses = [
        await hub.lodge(header, body, idempotency_key="k1")
        for header, body in ((trader, declaration()), (other, their_declaration))
    ]
    assert [response.status_code for response in responses] == [202, 202]
    assert responses[0].json()["id"] != responses[1].json()["id"]


@pytest.mark.parametrize("key", ["a b", "", "é", "k" * 256])
async def test_idempotency_key_that_is_not_visible_ascii_is_refused(hub: RunningGateway, key: str) -> None:
    headers = await hub.trader() | {"Content-Type": "application/json"}
    sent = {name.encode(): value.encode() for name, value in headers.items()} | {b"Idempotency-Key": key.encode()}
    response = await hub.http.post("/v1/declarations", json=declaration(), headers=sent)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")


async def test_idempotency_key_of_maximum_length_is_accepted(hub: RunningGateway) -> None:
    assert (await hub.lodge(await hub.trader(), declaration(), idempotency_key="~" * 255)).status_code == 202


async def test_reference_used_twice_by_one_trader_is_refused(hub: RunningGateway) -> None:
    trader, body = await hub.trader(), declaration("B-1")
    assert (await hub.lodge(trader, body)).status_code == 202
    again = await hub.lodge(trader, body)
    assert (again.status_code, again.json()["code"]) == (409, "reference-taken")
    assert again.json()["detail"] == (
        "B-1 is the reference of another declaration of this trader. Find it: GET /v1/declarations?reference=B-1. "
        "Amend it, or choose a new reference."
    )
    responses = await asyncio.gather(*(hub.lodge(trader, declaration("B-2")) for _ in range(20)))
    assert Counter(response.status_code for response in responses) == {202: 1, 409: 19}
    _, other = await hub.party("trader", identifiers={"EORI": "FR2"})
    their_declaration = declaration("B-1", importer={"name": "C", "country": "FR", "identifier": "FR2"})
    assert (await hub.lodge(other, their_declaration)).status_code == 202


@pytest.mark.parametrize("written", ["b 1", "B/1", "Ｂ－１", "B  -  1", "b–1"])
async def test_reference_used_twice_in_another_form_is_refused(hub: RunningGateway, written: str) -> None:
    trader = await hub.trader()
    assert (await hub.lodge(trader, declaration("B-1"))).status_code == 202
    again = await hub.lodge(trader, declaration(written))
    assert (again.status_code, again.json()["code"]) == (409, "reference-taken")
    assert (await hub.lodge(trader, declaration("B-I"))).status_code == 202


async def test_submissions_with_crossing_keys_survive_a_deadlock(hub: RunningGateway, server: Server) -> None:
    """Two gateways insert the same references in opposite order of keys. A deadlock is retried, and none is lost."""
    await _execute_as_superuser(
        hub,
        server,
        """CREATE FUNCTION dally() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_sleep(0.003); RETURN NEW; END $$;
           CREATE TRIGGER dally BEFORE INSERT ON submissions FOR EACH ROW EXECUTE FUNCTION dally()""",
    )
    trader, port = await hub.trader(), free_ports(1)[0]
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url})
    bodies = [declaration(f"B-{number}") for number in range(16)]
    async with (
        serve_gateway(replica) as app,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as other_http,
    ):
        await wait_until(lambda: app.state.context.directory.is_fresh)

        async def send(at: httpx2.AsyncClient, number: int, key: int) -> int:
            headers = trader | {"Idempotency-Key": f"{key:03}"}
            return (await at.post("/v1/declarations", json=bodies[number], headers=headers)).status_code

        at_first = [send(hub.http, number, number) for number in range(16)]
        at_second = [send(other_http, number, 200 - number) for number in range(16)]
        statuses = Counter(await asyncio.gather(*at_first, *at_second))
    assert statuses == {202: 16, 409: 16}
    assert await _count_submissions(hub) == 16


async def test_submission_that_the_database_refuses_fails_no_other_of_its_batch(
    hub: RunningGateway, server: Server
) -> None:
    await _execute_as_superuser(
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
    assert await _count_submissions(hub) == 20


async def test_submission_is_refused_at_once_when_too_many_wait(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    trader = await hub.trader()
    for limit in ("MAX_WAITING", "MAX_WAITING_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(batcher, limit, -1 if limit == "MAX_WAITING_BYTES" else 0)
            response = await hub.lodge(trader, declaration())
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
            assert response.headers["retry-after"] in {"1", "2", "3"}
    assert (await hub.lodge(trader, declaration())).status_code == 202


@asynccontextmanager
async def _cuttable_database(url: str, folder: Path) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """Open a connection to the database that can be cut: a socket that forwards to it."""
    parts = urlsplit(url)
    host, port = parse_qs(parts.query)["host"][0], parse_qs(parts.query)["port"][0]
    ends: list[asyncio.StreamWriter] = []

    async def forward_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if host.startswith("/"):
                other_http = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                other_http = await asyncio.open_connection(host, int(port))
            ends.extend((writer, other_http[1]))
            await asyncio.gather(_forward_bytes(reader, other_http[1]), _forward_bytes(other_http[0], writer))
        except OSError:
            writer.close()

    socket_server = await asyncio.start_unix_server(forward_connection, folder / f".s.PGSQL.{port}")

    def cut() -> None:
        socket_server.close()
        for end in ends:
            end.transport.abort()

    yield url.replace(parts.query, f"host={folder}&port={port}"), cut
    cut()


async def _forward_bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_submission_without_a_database_is_503(hub: RunningGateway, tmp_path: Path) -> None:
    trader = await hub.trader()
    async with _cuttable_database(hub.settings.database_url, tmp_path) as (url, cut):
        port = free_ports(1)[0]
        replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url, "database_url": url})
        async with (
            serve_gateway(replica) as app,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as other_http,
        ):
            await wait_until(lambda: app.state.context.directory.is_fresh)
            at = RunningGateway(hub.url, replica, app, hub.permits, hub.notifications, other_http)
            assert (await at.lodge(trader, declaration())).status_code == 202
            cut()
            responses = await asyncio.gather(*(at.lodge(trader, declaration()) for _ in range(10)))
            for response in responses:
                assert (response.status_code, response.json()["code"]) == (503, "database-unavailable"), response.text
                assert "with the same Idempotency-Key" in response.json()["detail"]
                assert "retry-after" in response.headers
            assert (await other_http.get("/readyz")).status_code == 503
            assert (await other_http.get("/healthz")).status_code == 200
    assert await _count_submissions(hub) == 1


async def test_submission_after_a_lost_database_connection_is_accepted(hub: RunningGateway, server: Server) -> None:
    trader = await hub.trader()
    assert (await hub.lodge(trader, declaration())).status_code == 202
    for _ in range(3):
        await _execute_as_superuser(
            hub,
            server,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        responses = await asyncio.gather(*(hub.lodge(trader, declaration()) for _ in range(5)))
        assert [response.status_code for response in responses] == [202] * 5, responses[0].text


async def test_body_that_is_slow_is_408_after_its_limit(hub: RunningGateway) -> None:
    [declared] = [route for route in ROUTES if route.operation_id == "lodge_declaration"]
    register_routes(hub.app, [replace(declared, limits=Limits(body_seconds=0.2))])
    trader = await hub.trader()
    lines = ["POST /v1/declarations HTTP/1.1", "Host: hub", "Content-Type: application/json", "Content-Length: 9"]
    lines += [f"{name}: {value}" for name, value in (trader | {"Idempotency-Key": "k"}).items()]
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.port)
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 25)
    assert head.startswith(b"HTTP/1.1 408")
    writer.close()
