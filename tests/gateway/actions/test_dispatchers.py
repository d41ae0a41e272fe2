"""The dispatchers of the gateway: parties to both services, submissions to permits, and failures on the way."""

import asyncio
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from services.cli.ports import free_ports
from shared import message_batches
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway
from tests.gateway.stub_service import ReceivedRequest, StubService, default_response, drop_connection
from tests.waiting import wait_until

SUBMISSIONS = "/internal/declarations"


def _sent_references(hub: RunningGateway) -> list[str]:
    return [
        message["declaration"]["reference"]
        for received in hub.permits.requests_to(SUBMISSIONS)
        for message in received.json["letters"]
    ]


async def _wait_until_settled(hub: RunningGateway, count: int) -> None:
    async def are_settled() -> bool:
        async with hub.context.engine.connect() as conn:
            query = "SELECT count(*) FROM submissions WHERE settled_at IS NOT NULL"
            return bool((await conn.execute(text(query))).scalar_one() == count)

    await wait_until(are_settled)


def _received_parties(service: StubService) -> list[dict[str, Any]]:
    return [party for received in service.requests_to("/internal/parties") for party in received.json["parties"]]


def _has_received(service: StubService, party: dict[str, Any]) -> bool:
    return party in _received_parties(service)


async def test_changed_party_is_sent_to_both_services(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader", identifiers={"EORI": "FR7"})
    changed = await hub.http.patch(
        f"/v1/parties/{party['id']}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"}
    )
    for service in (hub.permits, hub.notifications):
        await wait_until(partial(_has_received, service, changed.json()))
        assert {received.caller.service for received in service.requests_to("/internal/parties")} == {"gateway"}
        assert all(received.caller.party is None for received in service.requests_to("/internal/parties"))
    assert changed.json() == party | {"disabled": True, "version": 2}


async def test_service_that_is_unavailable_delays_no_other_service(hub: RunningGateway) -> None:
    await hub.notifications.close()
    party, _ = await hub.party("trader")
    await wait_until(lambda: _has_received(hub.permits, party))
    await hub.notifications.open()
    await wait_until(lambda: _has_received(hub.notifications, party))


async def test_party_is_sent_before_its_submissions(hub: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.actions.dispatchers.PARTY_WAIT_SECONDS", 60)  # a busy machine needs more
    began = asyncio.Event()

    async def respond_slowly(received: ReceivedRequest) -> web.StreamResponse:
        if received.path == "/internal/parties":
            began.set()
            await asyncio.sleep(0.3)
        return await default_response(received)

    hub.permits.respond = hub.notifications.respond = respond_slowly
    trader = await hub.trader()
    await hub.lodge(trader, declaration())
    await hub.permits.wait_for_requests(SUBMISSIONS)
    assert began.is_set()
    paths = [received.path for received in hub.permits.requests]
    assert paths.index("/internal/parties") < paths.index(SUBMISSIONS)
    assert {party["roles"][0] for party in _received_parties(hub.notifications)} >= {"trader"}


async def test_service_that_never_responds_delays_no_submissions(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.actions.dispatchers.PARTY_WAIT_SECONDS", 0.05)
    await hub.notifications.close()
    trader = await hub.trader()
    for _ in range(3):
        await hub.lodge(trader, declaration())
    await _wait_until_settled(hub, 3)


async def test_submissions_without_permits_are_sent_when_it_returns(alone: RunningGateway) -> None:
    trader = await alone.trader()
    references = [f"B-{number}" for number in range(30)]
    responses = await asyncio.gather(*(alone.lodge(trader, declaration(reference)) for reference in references))
    assert {response.status_code for response in responses} == {202}
    await alone.permits.open()
    await _wait_until_settled(alone, 30)
    assert sorted(set(_sent_references(alone))) == sorted(references)


async def test_submission_of_one_process_is_sent_by_another(alone: RunningGateway) -> None:
    trader = await alone.trader()
    response = await alone.lodge(trader, declaration("B-1"))
    replica = alone.settings.model_copy(update={"port": free_ports(1)[0]})
    async with serve_gateway(replica):
        alone.context.party_dispatchers.dispatchers.clear()
        await alone.permits.open()
        await _wait_until_settled(alone, 1)
    assert set(_sent_references(alone)) == {"B-1"}
    assert response.status_code == 202


async def test_submission_that_permits_refuses_is_sent_again(hub: RunningGateway) -> None:
    async def refuse_twice(received: ReceivedRequest) -> web.StreamResponse:
        if received.path == SUBMISSIONS and len(hub.permits.requests_to(SUBMISSIONS)) < 3:
            refused = [{"id": one["id"], "outcome": "refused", "reason": "busy"} for one in received.json["letters"]]
            return web.json_response({"answers": refused})
        return await default_response(received)

    hub.permits.respond = refuse_twice
    await hub.lodge(await hub.trader(), declaration("B-1"))
    await _wait_until_settled(hub, 1)
    assert _sent_references(hub) == ["B-1"] * 3


@pytest.mark.parametrize("how", ["answers 500", "drops the connection"])
async def test_submission_that_permits_cannot_check_is_sent_unverified(alone: RunningGateway, how: str) -> None:
    async def fail_on_bad_submission(received: ReceivedRequest) -> web.StreamResponse:
        if received.path == SUBMISSIONS:
            for message in received.json["letters"]:
                if message["declaration"]["reference"] == "BAD" and "unverified" not in message:
                    return web.Response(status=500) if how == "answers 500" else drop_connection(received)
        return await default_response(received)

    trader = await alone.trader()
    references = [f"B-{number}" for number in range(7)]
    references.insert(4, "BAD")
    await asyncio.gather(*(alone.lodge(trader, declaration(reference)) for reference in references))
    alone.permits.respond = fail_on_bad_submission
    await alone.permits.open()
    await _wait_until_settled(alone, 8)
    last = [
        message
        for received in alone.permits.requests_to(SUBMISSIONS)
        for message in received.json["letters"]
        if "unverified" in message
    ]
    assert [message["declaration"]["reference"] for message in last] == ["BAD"]
    assert last[0]["unverified"]
    batches = [received.json["letters"] for received in alone.permits.requests_to(SUBMISSIONS)]
    bad = [len(batch) for batch in batches if any(one["declaration"]["reference"] == "BAD" for one in batch)]
    assert bad[0] > 1
    assert bad.count(1) == 5 + 1


async def test_batch_is_limited_by_its_bytes(alone: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_batches, "MESSAGE_BATCH_BYTES", 4_000)
    trader = await alone.trader()
    for number in range(12):
        await alone.lodge(trader, declaration(f"B-{number}"))
    await alone.permits.open()
    await _wait_until_settled(alone, 12)
    assert sorted(set(_sent_references(alone))) == sorted(f"B-{number}" for number in range(12))
    assert all(len(received.body) < 5_000 for received in alone.permits.requests_to(SUBMISSIONS))


async def test_declaration_that_is_large_is_read_again_from_the_database(hub: RunningGateway) -> None:
    body = declaration("B-1")
    body["items"] = [body["items"][0] | {"number": number} for number in range(1, 201)]
    await hub.lodge(await hub.trader(), body)
    await _wait_until_settled(hub, 1)
    [message] = hub.permits.requests_to(SUBMISSIONS)[0].json["letters"]
    assert message["declaration"] == body
    assert await _attempts(hub) == 1


async def test_declaration_that_is_new_is_sent_from_memory(hub: RunningGateway) -> None:
    await hub.lodge(await hub.trader(), declaration())
    await _wait_until_settled(hub, 1)
    assert await _attempts(hub) == 0


async def _attempts(hub: RunningGateway) -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text("SELECT attempts FROM submissions"))).scalar_one())
