"""Too much, or nobody to carry it to: what was taken is kept, the rest is told so at once, and nothing stampedes."""

import asyncio
import json
from collections import Counter
from urllib.parse import urlsplit

import httpx2
import pytest
from aiohttp import web
from sqlalchemy import text

from services.cli.databases import Server
from services.gateway.actions.lodgement import batcher
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.stub_service import ReceivedRequest, default_response, problem_response


async def _kept(hub: RunningGateway) -> set[str]:
    async with hub.context.engine.connect() as conn:
        return set((await conn.execute(text("SELECT reference FROM submissions"))).scalars())


async def test_three_times_what_fits_is_refused_at_once_and_what_was_taken_is_kept(
    hub: RunningGateway, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database stands still: the queue fills to its bound, the rest has its 503 while the database still stands."""
    monkeypatch.setattr(batcher, "MAX_WAITING", 40)
    monkeypatch.setattr(batcher, "MAX_BATCH", 10)
    trader = await hub.trader()
    lock = await server.connect_as_superuser(urlsplit(hub.settings.database_url).path.lstrip("/"))
    try:
        async with lock.transaction():
            await lock.execute("LOCK TABLE submissions IN EXCLUSIVE MODE")
            asked = [asyncio.create_task(hub.lodge(trader, declaration(f"R-{n}"))) for n in range(180)]
            refused: list[httpx2.Response] = []
            async with asyncio.timeout(20):
                while len(refused) < 180 - 40 - 2 * 10:
                    await asyncio.wait(asked, timeout=0.05)
                    refused = [task.result() for task in asked if task.done()]
            unread = await hub.lodge(trader, b"{nonsense")
            assert (unread.status_code, unread.json()["code"]) == (503, "overloaded"), "refused before it is read"
        responses = [await task for task in asked]
    finally:
        await lock.close()
    assert {(response.status_code, response.json()["code"]) for response in refused} == {(503, "overloaded")}
    assert {response.headers["retry-after"] for response in refused} == {"1", "2", "3"}, "not all come back at once"
    taken = {response.json()["reference"] for response in responses if response.status_code == 202}
    assert 40 < len(taken) <= 40 + 2 * 10
    assert await _kept(hub) == taken
    assert (await hub.lodge(trader, declaration("R-after"))).status_code == 202


async def test_a_bulk_waits_its_turn_and_leaves_room_for_single_ones(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batcher, "MAX_WAITING", 5)
    trader = await hub.trader()
    body = b"".join(json.dumps(declaration(f"R-{n}")).encode() + b"\n" for n in range(1_500))
    headers = trader | {"Content-Type": "application/x-ndjson"}
    bulk = asyncio.create_task(hub.http.post("/v1/declarations/bulk", content=body, headers=headers))
    single = [await hub.lodge(trader, declaration(f"S-{n}")) for n in range(5)]
    told = [json.loads(line) for line in (await bulk).text.splitlines()]
    assert {response.status_code for response in single} == {202}
    assert Counter(one["status_code"] for one in told) == {202: 1_500}


async def test_while_permits_is_away_all_is_taken_and_permits_is_hardly_asked(hub: RunningGateway) -> None:
    """And when it is back, all is carried in batches, a few at a time, each declaration once."""
    away, under_way, most = True, 0, 0
    brought: Counter[str] = Counter()
    sizes: list[int] = []
    tries = 0

    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        nonlocal under_way, most, tries
        if asked.path != "/internal/declarations":
            return await default_response(asked)
        if away:
            tries += 1
            return problem_response(503, "database-unavailable")
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        sizes.append(len(asked.json["letters"]))
        brought.update(message["id"] for message in asked.json["letters"])
        return await default_response(asked)

    hub.permits.respond = response
    trader = await hub.trader()
    body = b"".join(json.dumps(declaration(f"R-{n}")).encode() + b"\n" for n in range(3_000))
    headers = trader | {"Content-Type": "application/x-ndjson"}
    responses = (await hub.http.post("/v1/declarations/bulk", content=body, headers=headers)).text.splitlines()
    for number in range(30):
        lodged = await hub.lodge(trader, declaration(f"S-{number}"))
        assert lodged.status_code == 202
        await asyncio.sleep(0.05)
    assert len(responses) == 3_000
    assert tries < 30, "a breaker and a pause that doubles: some tries, not one a letter"
    away = False
    asked_meanwhile = 0
    async with asyncio.timeout(30):
        while sum(brought.values()) < 3_030:
            assert (await hub.http.get("/v1/permits", headers=trader)).status_code == 200
            asked_meanwhile += 0 < sum(brought.values()) < 3_030
    assert asked_meanwhile, "what officers ask passes between the batches"
    assert set(brought.values()) == {1}
    assert max(sizes) <= 200
    assert most <= 2
