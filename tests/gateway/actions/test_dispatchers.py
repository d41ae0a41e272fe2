"""The gateway's couriers: parties to both copies, submissions to permits, whatever breaks on the way."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from services.gateway.clients import outbox_messages
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway
from tests.gateway.stub_service import ReceivedRequest, StubService, default_response, drop_connection

PLACE = "/internal/declarations"


def _carried(hub: RunningGateway) -> list[str]:
    return [
        message["declaration"]["reference"]
        for asked in hub.permits.requests_to(PLACE)
        for message in asked.json["letters"]
    ]


async def _settled(hub: RunningGateway, count: int, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while True:
            async with hub.context.engine.connect() as conn:
                query = "SELECT count(*) FROM submissions WHERE settled_at IS NOT NULL"
                if (await conn.execute(text(query))).scalar_one() == count:
                    return
            await asyncio.sleep(0.02)


def _parties(there: StubService) -> list[dict[str, Any]]:
    return [party for asked in there.requests_to("/internal/parties") for party in asked.json["parties"]]


async def test_a_changed_party_reaches_both_copies(hub: RunningGateway) -> None:
    party, _ = await hub.party("trader", identifiers={"EORI": "FR7"})
    changed = await hub.http.patch(
        f"/v1/parties/{party['id']}", json={"disabled": True}, headers=hub.admin | {"If-Match": "*"}
    )
    for there in (hub.permits, hub.notifications):
        async with asyncio.timeout(10):
            while changed.json() not in _parties(there):
                await asyncio.sleep(0.01)
        assert {asked.caller.service for asked in there.requests_to("/internal/parties")} == {"gateway"}
        assert all(asked.caller.party is None for asked in there.requests_to("/internal/parties"))
    assert changed.json() == party | {"disabled": True, "version": 2}


async def test_a_copy_that_is_away_does_not_keep_the_other_waiting(hub: RunningGateway) -> None:
    await hub.notifications.close()
    party, _ = await hub.party("trader")
    async with asyncio.timeout(10):
        while party not in _parties(hub.permits):
            await asyncio.sleep(0.01)
    await hub.notifications.open()
    async with asyncio.timeout(10):
        while party not in _parties(hub.notifications):
            await asyncio.sleep(0.01)


async def test_a_party_goes_out_before_what_it_lodges(hub: RunningGateway) -> None:
    began = asyncio.Event()

    async def slow_to_learn(asked: ReceivedRequest) -> web.StreamResponse:
        if asked.path == "/internal/parties":
            began.set()
            await asyncio.sleep(0.3)
        return await default_response(asked)

    hub.permits.respond = hub.notifications.respond = slow_to_learn
    trader = await hub.trader()
    await hub.lodge(trader, declaration())
    await hub.permits.wait_for_requests(PLACE)
    assert began.is_set()
    paths = [asked.path for asked in hub.permits.requests]
    assert paths.index("/internal/parties") < paths.index(PLACE)
    assert {party["roles"][0] for party in _parties(hub.notifications)} >= {"trader"}


async def test_a_copy_that_never_answers_does_not_keep_submissions(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.actions.dispatchers.PARTY_WAIT_SECONDS", 0.05)
    await hub.notifications.close()
    trader = await hub.trader()
    for _ in range(3):
        await hub.lodge(trader, declaration())
    await _settled(hub, 3)


async def test_what_came_while_permits_was_away_is_carried_when_it_is_back(alone: RunningGateway) -> None:
    trader = await alone.trader()
    references = [f"B-{number}" for number in range(30)]
    responses = await asyncio.gather(*(alone.lodge(trader, declaration(reference)) for reference in references))
    assert {response.status_code for response in responses} == {202}
    await alone.permits.open()
    await _settled(alone, 30)
    assert sorted(set(_carried(alone))) == sorted(references)


async def test_what_one_process_took_in_the_next_one_carries(alone: RunningGateway) -> None:
    trader = await alone.trader()
    response = await alone.lodge(trader, declaration("B-1"))
    sister = alone.settings.model_copy(update={"port": alone.settings.port + 1})
    async with serve_gateway(sister):
        alone.context.party_dispatchers.dispatchers.clear()
        await alone.permits.open()
        await _settled(alone, 1)
    assert set(_carried(alone)) == {"B-1"}
    assert response.status_code == 202


async def test_a_letter_not_taken_in_is_brought_again(hub: RunningGateway) -> None:
    async def not_yet(asked: ReceivedRequest) -> web.StreamResponse:
        if asked.path == PLACE and len(hub.permits.requests_to(PLACE)) < 3:
            refused = [{"id": one["id"], "outcome": "refused", "reason": "busy"} for one in asked.json["letters"]]
            return web.json_response({"answers": refused})
        return await default_response(asked)

    hub.permits.respond = not_yet
    await hub.lodge(await hub.trader(), declaration("B-1"))
    await _settled(hub, 1)
    assert _carried(hub) == ["B-1"] * 3


@pytest.mark.parametrize("how", ["answers 500", "drops the connection"])
async def test_the_one_that_breaks_permits_is_found_and_goes_there_unverified(alone: RunningGateway, how: str) -> None:
    async def broken_by_one(asked: ReceivedRequest) -> web.StreamResponse:
        if asked.path == PLACE:
            for message in asked.json["letters"]:
                if message["declaration"]["reference"] == "BAD" and "unverified" not in message:
                    return web.Response(status=500) if how == "answers 500" else drop_connection(asked)
        return await default_response(asked)

    trader = await alone.trader()
    references = [f"B-{number}" for number in range(7)]
    references.insert(4, "BAD")
    await asyncio.gather(*(alone.lodge(trader, declaration(reference)) for reference in references))
    alone.permits.respond = broken_by_one
    await alone.permits.open()
    await _settled(alone, 8, seconds=60)
    last = [
        message
        for asked in alone.permits.requests_to(PLACE)
        for message in asked.json["letters"]
        if "unverified" in message
    ]
    assert [message["declaration"]["reference"] for message in last] == ["BAD"]
    assert last[0]["unverified"]
    batches = [asked.json["letters"] for asked in alone.permits.requests_to(PLACE)]
    bad = [len(batch) for batch in batches if any(one["declaration"]["reference"] == "BAD" for one in batch)]
    assert bad[0] > 1
    assert bad.count(1) == 5 + 1


async def test_a_batch_is_cut_by_its_bytes(alone: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_messages, "MAX_BATCH_BYTES", 4_000)
    trader = await alone.trader()
    for number in range(12):
        await alone.lodge(trader, declaration(f"B-{number}"))
    await alone.permits.open()
    await _settled(alone, 12)
    assert sorted(set(_carried(alone))) == sorted(f"B-{number}" for number in range(12))
    assert all(len(asked.body) < 5_000 for asked in alone.permits.requests_to(PLACE))


async def test_a_large_declaration_is_read_again_rather_than_kept_in_memory(hub: RunningGateway) -> None:
    body = declaration("B-1")
    body["items"] = [body["items"][0] | {"number": number} for number in range(1, 201)]
    await hub.lodge(await hub.trader(), body)
    await _settled(hub, 1)
    [message] = hub.permits.requests_to(PLACE)[0].json["letters"]
    assert message["declaration"] == body
    assert await _attempts(hub) == 1


async def test_a_fresh_declaration_is_carried_without_being_read_again(hub: RunningGateway) -> None:
    await hub.lodge(await hub.trader(), declaration())
    await _settled(hub, 1)
    assert await _attempts(hub) == 0


async def _attempts(hub: RunningGateway) -> int:
    async with hub.context.engine.connect() as conn:
        return int((await conn.execute(text("SELECT attempts FROM submissions"))).scalar_one())
