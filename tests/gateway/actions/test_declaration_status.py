"""The state of a declaration: from the gateway, from permits, and after a wait for the check."""

import asyncio
import json
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx2
import pytest
from aiohttp import web
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.main import end_waits
from services.gateway.store import submissions as submission_store
from services.gateway.store.tables import submissions
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.stub_service import ReceivedRequest, Responder, default_response, problem_response
from tests.waiting import wait_until


def checked(delay: float = 0.0) -> Responder:
    """Return a responder of permits that checks what it receives and returns it."""
    taken: dict[str, object] = {}

    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if received.path == "/internal/declarations":
            await asyncio.sleep(delay)
            taken.update({message["id"]: message["declaration"] for message in received.json["letters"]})
        declaration_id = received.path.rpartition("/")[2]
        if received.method == "GET" and declaration_id in taken:
            whole = {"id": declaration_id, "status": "accepted", "version": 1, "declaration": taken[declaration_id]}
            return web.json_response(whole, headers={"ETag": '"1"'})
        return await default_response(received)

    return response


async def test_declaration_before_its_check_is_received_with_its_content(alone: RunningGateway) -> None:
    party, trader = await alone.party("trader", identifiers={"EORI": "FR99988877700011"})
    body = declaration("B-1", transport_document="MAEU-1")
    body["items"][0]["quantity"] = "100.50"
    lodged = (await alone.lodge(trader, body)).json()
    found = await alone.http.get(lodged["links"]["self"], headers=trader)
    at = lodged["received_at"]
    assert found.status_code == 200
    assert found.headers["etag"] == '"1"'
    output = found.json()
    item = output["items"][0]
    assert item.pop("quantity") == "100.5"
    assert item["documents"] == [
        {"type": "C400", "number": "ZA-2026-000123", "issuer": "ZA", "line": "A", "use": "exhausts"}
    ]
    body.pop("items"), output.pop("items")
    assert output == body | {
        "id": lodged["id"],
        "version": 1,
        "status": "received",
        "received_at": at,
        "digest": lodged["digest"],
        "trader": party["id"],
        "lodged_by": party["id"],
        "findings": [],
        "usage": [],
        "history": [
            {
                "from": None,
                "to": "received",
                "at": at,
                "by": {"party": party["id"], "role": "trader"},
                "reason": None,
            }
        ],
    }


async def test_declaration_without_permits_is_readable_if_it_is_not_forwarded(hub: RunningGateway) -> None:
    trader = await hub.trader()
    first = (await hub.lodge(trader, declaration())).json()
    await _wait_until_forwarded(hub, first["id"])
    await hub.permits.close()
    second = (await hub.lodge(trader, declaration())).json()
    responses = [await hub.http.get(one["links"]["self"], headers=trader) for one in (first, second)]
    assert [response.status_code for response in responses] == [503, 200]
    assert responses[0].json()["code"] == "service-unavailable"
    assert "retry-after" in responses[0].headers
    for path in (f"/v1/declarations/{uuid4()}", "/v1/declarations", "/v1/permits", "/v1/reference/terms"):
        response = await hub.http.get(path, headers=trader)
        assert (response.status_code, response.json()["code"]) == (503, "service-unavailable"), path


async def _wait_until_forwarded(hub: RunningGateway, declaration_id: str) -> None:
    async def is_forwarded() -> bool:
        async with hub.context.engine.connect() as conn:
            return bool(await submission_store.list_forwarded(conn, [UUID(declaration_id)]))

    await wait_until(is_forwarded)


async def test_declaration_of_another_party_is_404(alone: RunningGateway) -> None:
    trader = await alone.trader()
    path = (await alone.lodge(trader, declaration())).json()["links"]["self"]
    headers = [(await alone.party(role))[1] for role in ("trader", "customs", "authority")]
    assert [(await alone.http.get(path, headers=header)).status_code for header in headers] == [503] * 3
    await alone.permits.open()
    alone.permits.respond = _refuse_submissions

    async def is_hidden() -> bool:
        return {(await alone.http.get(path, headers=header)).status_code for header in headers} == {404}

    await wait_until(is_hidden)
    assert (await alone.http.get(path, headers=trader)).json()["status"] == "received"


async def _refuse_submissions(received: ReceivedRequest) -> web.StreamResponse:
    if received.path == "/internal/declarations":
        return web.Response(status=503)
    return await default_response(received)


async def test_declaration_after_forwarding_is_read_from_permits(hub: RunningGateway) -> None:
    hub.permits.respond = checked()
    trader = await hub.trader()
    lodged = (await hub.lodge(trader, declaration())).json()
    await _wait_until_forwarded(hub, lodged["id"])
    found = await hub.http.get(lodged["links"]["self"], headers=trader)
    assert (found.status_code, found.json()["status"], found.headers["etag"]) == (200, "accepted", '"1"')


async def test_declaration_forwarded_during_a_read_is_read_again(hub: RunningGateway) -> None:
    """Permits returns 404, then receives the declaration, and the row is settled. The response is no 404."""
    show = checked()
    trader = await hub.trader()
    asked_for = 0

    async def respond_late(received: ReceivedRequest) -> web.StreamResponse | None:
        nonlocal asked_for
        if received.method == "GET" and not received.path.startswith("/internal"):
            asked_for += 1
            if asked_for == 1:
                return problem_response(404, "not-found")
        return await show(received)

    hub.permits.respond = respond_late
    lodged = (await hub.lodge(trader, declaration())).json()
    await _wait_until_forwarded(hub, lodged["id"])
    assert (await hub.http.get(lodged["links"]["self"], headers=trader)).json()["status"] == "accepted"
    assert asked_for == 2


async def test_waiting_request_is_notified_by_the_dispatcher(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.actions.lodgement.waiters.POLL_SECONDS", 60)
    hub.permits.respond = checked(delay=0.2)
    response = await hub.lodge(await hub.trader(), declaration(), prefer="wait=10")
    assert (response.status_code, response.json()["status"]) == (200, "accepted")


async def test_prefer_wait_returns_the_checked_declaration(hub: RunningGateway) -> None:
    hub.permits.respond = checked(delay=0.2)
    trader, body = await hub.trader(), declaration()
    response = await hub.lodge(trader, body, idempotency_key="k1", prefer="respond-async, wait=10")
    assert response.status_code == 200
    assert response.json()["status"] == "accepted"
    assert response.headers["preference-applied"] == "wait"
    assert response.headers["location"].endswith(response.json()["id"])
    plain = await hub.lodge(trader, body, idempotency_key="k1")
    assert (plain.status_code, plain.json()["status"]) == (202, "received")
    again = await hub.lodge(trader, body, idempotency_key="k1", prefer="wait=10")
    assert (again.status_code, again.json()) == (200, response.json())
    assert again.headers["idempotency-replayed"] == plain.headers["idempotency-replayed"] == "true"


async def test_prefer_wait_that_ends_returns_202(alone: RunningGateway) -> None:
    trader = await alone.trader()
    began = time.monotonic()
    response = await alone.lodge(trader, declaration(), prefer="wait=1")
    assert (response.status_code, response.json()["status"]) == (202, "received")
    assert time.monotonic() - began >= 1
    assert "preference-applied" not in response.headers
    assert (await alone.lodge(trader, declaration(), prefer="wait=0")).status_code == 202


@pytest.mark.parametrize("prefer", [b"", b"Prefer: wait=30\r\n"])
async def test_client_that_ends_its_sending_side_reads_the_202(alone: RunningGateway, prefer: bytes) -> None:
    trader, content = await alone.trader(), json.dumps(declaration()).encode()
    headers = b"Host: x\r\nIdempotency-Key: half\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    authorization = b"Authorization: %s\r\n\r\n" % trader["Authorization"].encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", alone.settings.port)
    writer.write(b"POST /v1/declarations HTTP/1.1\r\n" + headers % len(content) + prefer + authorization + content)
    writer.write_eof()
    async with asyncio.timeout(20):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 ") and b"preference-applied" not in head.lower()
    assert json.loads(body)["status"] == "received"
    writer.close()


async def test_preference_that_is_not_supported_is_ignored(alone: RunningGateway) -> None:
    trader = await alone.trader()
    unsupported = ("wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "handling=lenient, wait=x", "handling=strict")
    for number, prefer in enumerate(unsupported):
        response = await alone.lodge(trader, declaration(f"B-{number}"), idempotency_key=f"k{number}", prefer=prefer)
        assert response.status_code == 202, prefer
        assert "preference-applied" not in response.headers


async def test_waiting_request_sees_the_work_of_another_process(alone: RunningGateway) -> None:
    trader = await alone.trader()
    ids = [UUID((await alone.lodge(trader, declaration())).json()["id"]) for _ in range(2)]
    waiters = alone.context.waiters
    waits = [asyncio.create_task(waiters.wait(one, seconds=20)) for one in ids]
    await asyncio.sleep(0.2)
    async with alone.context.engine.begin() as conn:
        await conn.execute(update(submissions).where(submissions.c.id == ids[0]).values(settled_at=func.now()))
    async with asyncio.timeout(20):
        assert await waits[0]
    assert not waits[1].done()
    waiters.close()
    async with asyncio.timeout(20):
        assert not await waits[1]
    assert not waiters._events


async def test_waits_that_are_many_poll_with_one_statement(
    alone: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled: list[int] = []
    list_forwarded = submission_store.list_forwarded

    async def record(conn: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
        polled.append(len(ids))
        return await list_forwarded(conn, ids)

    monkeypatch.setattr(submission_store, "list_forwarded", record)
    waits = [asyncio.create_task(alone.context.waiters.wait(uuid4(), seconds=100)) for _ in range(50)]
    await wait_until(lambda: polled.count(1) == 50 and len(polled) >= 52)
    assert set(polled) == {1, 50}, "each reads its own row at first, then one statement reads all rows"
    assert polled.count(1) == 50
    alone.context.waiters.close()
    assert not any(await asyncio.gather(*waits))


async def test_waits_beyond_the_limit_of_a_party_return_202_at_once(alone: RunningGateway) -> None:
    slots, trader = alone.context.submission_waits, await alone.trader()
    slots.per_party = 1
    waiting = asyncio.create_task(alone.lodge(trader, declaration(), prefer="wait=30"))
    await wait_until(lambda: slots._taken)
    async with asyncio.timeout(20):
        response = await alone.lodge(trader, declaration(), prefer="wait=30")
    assert (response.status_code, response.json()["status"]) == (202, "received")
    slots.per_party, slots.total = 9, 1
    async with asyncio.timeout(20):
        assert (await alone.lodge(trader, declaration(), prefer="wait=30")).status_code == 202
    assert not waiting.done()
    end_waits(alone.app)
    async with asyncio.timeout(20):
        assert (await waiting).status_code == 202


async def test_wait_for_the_check_ends_when_its_client_has_gone(alone: RunningGateway) -> None:
    slots, trader = alone.context.submission_waits, await alone.trader()
    waiting = asyncio.create_task(alone.lodge(trader, declaration("B-1"), prefer="wait=30"))
    await wait_until(lambda: slots._taken)
    waiting.cancel()
    await wait_until(lambda: not slots._taken)
    assert not alone.context.waiters._events
    again = await alone.lodge(trader, declaration("B-1"))
    assert (again.status_code, again.json()["code"]) == (409, "reference-taken"), "the declaration is stored"


async def test_command_before_the_check_is_409_still_received(alone: RunningGateway) -> None:
    trader = await alone.trader()
    lodged = (await alone.lodge(trader, declaration())).json()
    path = lodged["links"]["self"]
    amend = trader | {"If-Match": '"1"'}

    async def both() -> list[httpx2.Response]:
        put = await alone.http.put(path, json=declaration(), headers=amend)
        return [put, await alone.http.post(f"{path}/cancellation", headers=trader)]

    responses = await both()
    alone.permits.respond = _find_nothing
    await alone.permits.open()

    async def both_reached_permits() -> bool:
        responses.extend(await both())
        return len([received for received in alone.permits.requests if received.caller.party]) >= 2

    await wait_until(both_reached_permits)
    for response in responses:
        assert (response.status_code, response.json()["code"]) == (409, "still-received")
    _, stranger = await alone.party("trader")
    assert (await alone.http.post(f"{path}/cancellation", headers=stranger)).status_code == 404


async def _find_nothing(received: ReceivedRequest) -> web.StreamResponse:
    if received.path == "/internal/declarations":
        return web.Response(status=503)
    return problem_response(404, "not-found")


async def test_command_after_the_check_is_forwarded_to_permits(hub: RunningGateway) -> None:
    trader = await hub.trader()
    lodged = (await hub.lodge(trader, declaration())).json()
    await _wait_until_forwarded(hub, lodged["id"])
    path = lodged["links"]["self"]
    body = json.dumps(declaration()).encode()
    headers = trader | {"If-Match": '"1"', "Content-Type": "application/json"}
    assert (await hub.http.put(path, content=body, headers=headers)).json() == {"you": "asked"}
    [received] = hub.permits.requests_to(path)
    assert (received.method, received.body, received.headers["if-match"]) == ("PUT", body, '"1"')
    await hub.permits.close()
    response = await hub.http.put(path, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")


@pytest.mark.parametrize("declaration_id", ["nothing", "%2e%2e", "1", "validate"])
async def test_path_without_a_valid_id_is_404(hub: RunningGateway, declaration_id: str) -> None:
    trader = await hub.trader()
    assert (await hub.http.get(f"/v1/declarations/{declaration_id}", headers=trader)).status_code == 404
    assert (await hub.http.get(f"/v1/permits/{declaration_id}", headers=trader)).status_code == 404
    assert [received for received in hub.permits.requests if received.caller.party] == []
