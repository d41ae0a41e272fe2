"""Following a declaration: what the gateway answers itself, what it leaves to permits, and waiting for the checks."""

import asyncio
import json
import time
from uuid import UUID, uuid4

import httpx2
import pytest
from aiohttp import web

from services.gateway.actions.lodgement.waiters import SubmissionWaiters
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.stub_service import ReceivedRequest, Responder, default_response, problem_response


def checked(delay: float = 0.0) -> Responder:
    """Permits that has checked what it took in, and shows it."""
    taken: dict[str, object] = {}

    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        if asked.path == "/internal/declarations":
            await asyncio.sleep(delay)
            taken.update({message["id"]: message["declaration"] for message in asked.json["letters"]})
        declaration_id = asked.path.rpartition("/")[2]
        if asked.method == "GET" and declaration_id in taken:
            whole = {"id": declaration_id, "status": "accepted", "version": 1, "declaration": taken[declaration_id]}
            return web.json_response(whole, headers={"ETag": '"1"'})
        return await default_response(asked)

    return response


async def test_before_its_checks_a_declaration_reads_received_as_it_was_sent(alone: RunningGateway) -> None:
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


async def test_while_permits_is_away_only_what_it_never_had_can_be_read(hub: RunningGateway) -> None:
    trader = await hub.trader()
    first = (await hub.lodge(trader, declaration())).json()
    await _forwarded(hub, first["id"])
    await hub.permits.close()
    second = (await hub.lodge(trader, declaration())).json()
    responses = [await hub.http.get(one["links"]["self"], headers=trader) for one in (first, second)]
    assert [response.status_code for response in responses] == [503, 200]
    assert responses[0].json()["code"] == "service-unavailable"
    assert "retry-after" in responses[0].headers
    for path in (f"/v1/declarations/{uuid4()}", "/v1/declarations", "/v1/permits", "/v1/reference/terms"):
        response = await hub.http.get(path, headers=trader)
        assert (response.status_code, response.json()["code"]) == (503, "service-unavailable"), path


async def _forwarded(hub: RunningGateway, declaration_id: str) -> None:
    from services.gateway.store import submissions

    async with asyncio.timeout(10):
        while True:
            async with hub.context.engine.connect() as conn:
                if await submissions.is_forwarded(conn, UUID(declaration_id)):
                    return
            await asyncio.sleep(0.01)


async def test_what_another_party_lodged_is_not_there(alone: RunningGateway) -> None:
    trader = await alone.trader()
    path = (await alone.lodge(trader, declaration())).json()["links"]["self"]
    headers = [(await alone.party(role))[1] for role in ("trader", "customs", "authority")]
    assert [(await alone.http.get(path, headers=header)).status_code for header in headers] == [503] * 3
    await alone.permits.open()
    alone.permits.respond = _refusing_letters
    async with asyncio.timeout(10):
        while {(await alone.http.get(path, headers=header)).status_code for header in headers} != {404}:
            await asyncio.sleep(0.05)
    assert (await alone.http.get(path, headers=trader)).json()["status"] == "received"


async def _refusing_letters(asked: ReceivedRequest) -> web.StreamResponse:
    if asked.path == "/internal/declarations":
        return web.Response(status=503)
    return await default_response(asked)


async def test_permits_says_what_becomes_of_a_declaration(hub: RunningGateway) -> None:
    hub.permits.respond = checked()
    trader = await hub.trader()
    lodged = (await hub.lodge(trader, declaration())).json()
    await _forwarded(hub, lodged["id"])
    found = await hub.http.get(lodged["links"]["self"], headers=trader)
    assert (found.status_code, found.json()["status"], found.headers["etag"]) == (200, "accepted", '"1"')


async def test_one_that_arrives_there_while_it_is_asked_for_is_asked_for_again(hub: RunningGateway) -> None:
    """Permits says 404, takes it in, and our row says forwarded: the answer is not a 404."""
    show = checked()
    trader = await hub.trader()
    asked_for = 0

    async def late(asked: ReceivedRequest) -> web.StreamResponse | None:
        nonlocal asked_for
        if asked.method == "GET" and not asked.path.startswith("/internal"):
            asked_for += 1
            if asked_for == 1:
                return problem_response(404, "not-found")
        return await show(asked)

    hub.permits.respond = late
    lodged = (await hub.lodge(trader, declaration())).json()
    await _forwarded(hub, lodged["id"])
    assert (await hub.http.get(lodged["links"]["self"], headers=trader)).json()["status"] == "accepted"
    assert asked_for == 2


async def test_who_waits_is_woken_by_the_courier(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.actions.lodgement.waiters.POLL_SECONDS", 60)
    hub.permits.respond = checked(delay=0.2)
    response = await hub.lodge(await hub.trader(), declaration(), prefer="wait=10")
    assert (response.status_code, response.json()["status"]) == (200, "accepted")


async def test_prefer_wait_answers_the_checked_declaration(hub: RunningGateway) -> None:
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


async def test_a_wait_that_is_over_answers_202(alone: RunningGateway) -> None:
    trader = await alone.trader()
    began = time.monotonic()
    response = await alone.lodge(trader, declaration(), prefer="wait=1")
    assert (response.status_code, response.json()["status"]) == (202, "received")
    assert time.monotonic() - began >= 1
    assert "preference-applied" not in response.headers
    assert (await alone.lodge(trader, declaration(), prefer="wait=0")).status_code == 202


async def test_a_preference_that_is_not_understood_is_ignored(alone: RunningGateway) -> None:
    trader = await alone.trader()
    odd = ("wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "handling=lenient, wait=x", "handling=strict")
    for number, prefer in enumerate(odd):
        response = await alone.lodge(trader, declaration(f"B-{number}"), idempotency_key=f"k{number}", prefer=prefer)
        assert response.status_code == 202, prefer
        assert "preference-applied" not in response.headers


async def test_who_waits_sees_what_another_process_carried() -> None:
    looks = 0

    async def forwarded() -> bool:
        nonlocal looks
        looks += 1
        return looks == 3

    waiting = SubmissionWaiters()
    assert await waiting.wait(uuid4(), seconds=5, is_forwarded=forwarded)
    assert not waiting._events


async def test_a_command_before_the_checks_is_409_still_received(alone: RunningGateway) -> None:
    trader = await alone.trader()
    lodged = (await alone.lodge(trader, declaration())).json()
    path = lodged["links"]["self"]
    amend = trader | {"If-Match": '"1"'}

    async def both() -> list[httpx2.Response]:
        put = await alone.http.put(path, json=declaration(), headers=amend)
        return [put, await alone.http.post(f"{path}/cancellation", headers=trader)]

    responses = await both()
    alone.permits.respond = _knowing_nothing
    await alone.permits.open()
    async with asyncio.timeout(10):
        while len([asked for asked in alone.permits.requests if asked.caller.party]) < 2:
            responses += await both()
    for response in responses:
        assert (response.status_code, response.json()["code"]) == (409, "still-received")
    _, stranger = await alone.party("trader")
    assert (await alone.http.post(f"{path}/cancellation", headers=stranger)).status_code == 404


async def _knowing_nothing(asked: ReceivedRequest) -> web.StreamResponse:
    if asked.path == "/internal/declarations":
        return web.Response(status=503)
    return problem_response(404, "not-found")


async def test_a_command_after_the_checks_goes_to_permits(hub: RunningGateway) -> None:
    trader = await hub.trader()
    lodged = (await hub.lodge(trader, declaration())).json()
    await _forwarded(hub, lodged["id"])
    path = lodged["links"]["self"]
    body = json.dumps(declaration()).encode()
    headers = trader | {"If-Match": '"1"', "Content-Type": "application/json"}
    assert (await hub.http.put(path, content=body, headers=headers)).json() == {"you": "asked"}
    [asked] = hub.permits.requests_to(path)
    assert (asked.method, asked.body, asked.headers["if-match"]) == ("PUT", body, '"1"')
    await hub.permits.close()
    response = await hub.http.put(path, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")


@pytest.mark.parametrize("declaration_id", ["nothing", "%2e%2e", "1", "validate"])
async def test_what_is_no_id_is_not_there(hub: RunningGateway, declaration_id: str) -> None:
    trader = await hub.trader()
    assert (await hub.http.get(f"/v1/declarations/{declaration_id}", headers=trader)).status_code == 404
    assert (await hub.http.get(f"/v1/permits/{declaration_id}", headers=trader)).status_code == 404
    assert [asked for asked in hub.permits.requests if asked.caller.party] == []
