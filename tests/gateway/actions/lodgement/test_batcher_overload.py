"""Overload, and a permits service that is unavailable: accepted submissions are stored, others are refused at once."""

import asyncio
import json
from collections import Counter
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from sqlalchemy import text

from services.cli.databases import Server
from services.gateway.actions.lodgement import batcher
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.stub_service import ReceivedRequest, default_response, problem_response
from tests.waiting import wait_until


async def _list_stored_references(hub: RunningGateway) -> set[str]:
    async with hub.context.engine.connect() as conn:
        return set((await conn.execute(text("SELECT reference FROM submissions"))).scalars())


async def test_overload_is_refused_at_once_and_accepted_submissions_are_stored(
    hub: RunningGateway, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is locked: the queue fills to its limit, and the gateway refuses the rest during the lock."""
    monkeypatch.setattr(batcher, "MAX_WAITING", 40)
    monkeypatch.setattr(batcher, "MAX_BATCH", 10)
    trader = await hub.trader()
    lock = await server.connect_as_superuser(urlsplit(hub.settings.database_url).path.lstrip("/"))
    try:
        async with lock.transaction():
            await lock.execute("LOCK TABLE submissions IN EXCLUSIVE MODE")
            tasks = [asyncio.create_task(hub.lodge(trader, declaration(f"R-{n}"))) for n in range(180)]
            await wait_until(lambda: sum(task.done() for task in tasks) >= 180 - 40 - 2 * 10)
            refused = [task.result() for task in tasks if task.done()]
            unread = await hub.lodge(trader, b"{nonsense")
            assert (unread.status_code, unread.json()["code"]) == (503, "overloaded"), "refused before the body is read"
        responses = [await task for task in tasks]
    finally:
        await lock.close()
    assert {(response.status_code, response.json()["code"]) for response in refused} == {(503, "overloaded")}
    assert {response.headers["retry-after"] for response in refused} == {"1", "2", "3"}, (
        "the clients do not return at the same time"
    )
    taken = {response.json()["reference"] for response in responses if response.status_code == 202}
    assert 40 < len(taken) <= 40 + 2 * 10
    assert await _list_stored_references(hub) == taken
    assert (await hub.lodge(trader, declaration("R-after"))).status_code == 202


async def test_bulk_request_leaves_capacity_for_single_submissions(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batcher, "MAX_WAITING", 5)
    trader = await hub.trader()
    body = b"".join(json.dumps(declaration(f"R-{n}")).encode() + b"\n" for n in range(1_500))
    headers = trader | {"Content-Type": "application/x-ndjson"}
    bulk = asyncio.create_task(hub.http.post("/v1/declarations/bulk", content=body, headers=headers))
    single = [await hub.lodge(trader, declaration(f"S-{n}")) for n in range(5)]
    results = [json.loads(line) for line in (await bulk).text.splitlines()]
    assert {response.status_code for response in single} == {202}
    assert Counter(one["status_code"] for one in results) == {202: 1_500}


async def test_submissions_without_permits_are_accepted_and_sent_later_in_batches(hub: RunningGateway) -> None:
    """When permits is back, the gateway sends every submission once, in a few batches at a time."""
    unavailable, active, most = True, 0, 0
    received_ids: Counter[str] = Counter()
    sizes: list[int] = []
    attempts = 0

    async def response(received: ReceivedRequest) -> web.StreamResponse:
        nonlocal active, most, attempts
        if received.path != "/internal/declarations":
            return await default_response(received)
        if unavailable:
            attempts += 1
            return problem_response(503, "database-unavailable")
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.02)
        active -= 1
        sizes.append(len(received.json["letters"]))
        received_ids.update(message["id"] for message in received.json["letters"])
        return await default_response(received)

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
    assert attempts < 30, "a circuit breaker with a growing pause: few attempts, not one per submission"
    unavailable = False
    requests_between_batches = 0

    async def all_are_received() -> bool:
        nonlocal requests_between_batches
        assert (await hub.http.get("/v1/permits", headers=trader)).status_code == 200
        requests_between_batches += 0 < sum(received_ids.values()) < 3_030
        return sum(received_ids.values()) >= 3_030

    await wait_until(all_are_received)
    assert requests_between_batches, "requests of officers pass between the batches"
    assert set(received_ids.values()) == {1}
    assert max(sizes) <= 200
    assert most <= 2
