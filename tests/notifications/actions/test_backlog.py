"""What waits for one endpoint is woken and cleared away step by step, and nobody waits for that."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.actions import backlog
from shared.database import now
from tests.notifications.actions.test_delivery_fairness import add_pending_deliveries
from tests.notifications.conftest import Service, event_message, party
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"
PUT_OFF = "UPDATE delivery_queues SET due_at = now() + interval '1 day'"


async def put_off(service: Service) -> None:
    async with service.engine.begin() as conn:
        await conn.execute(text(PUT_OFF))


async def waiting(service: Service, endpoint: str) -> tuple[int, int]:
    """Return the numbers of delivery queues and of pending deliveries of an endpoint."""
    queues = await service.scalar(f"SELECT count(*) FROM delivery_queues WHERE endpoint_id = '{endpoint}'")
    messages = f"SELECT count(*) FROM deliveries WHERE endpoint_id = '{endpoint}' AND status = 'pending'"
    return int(queues), int(await service.scalar(messages))


async def test_a_deleted_endpoint_with_much_waiting_is_gone_at_once_and_its_letters_by_and_by(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "STEP", 10)
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    other = await service.endpoint(party(), "https://example.com/other")
    await add_pending_deliveries(service, made["id"], 350)
    await add_pending_deliveries(service, other["id"], 5)
    where, header = f"{WHERE}/{made['id']}", service.headers_as(who)
    assert (await service.http.delete(where, headers=header)).status_code == 204
    assert (await service.http.get(where, headers=header)).status_code == 404
    assert await waiting(service, made["id"]) == (150, 150), "twenty steps while the owner waits"
    cleared = await backlog.clear_deleted_endpoints(service.engine, at=now())
    assert (cleared, await waiting(service, made["id"])) == (1, (0, 0))
    assert await backlog.clear_deleted_endpoints(service.engine, at=now()) == 0
    assert await waiting(service, other["id"]) == (5, 5)


async def test_everything_that_waits_is_woken_however_much(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "STEP", 10)
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    await add_pending_deliveries(service, made["id"], 235)
    await put_off(service)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(where, json={"paused": True}, headers=header)
    woken = "SELECT count(*) FROM delivery_queues WHERE due_at <= now()"
    async with service.engine.connect() as holder:
        await holder.execute(
            text("SELECT FROM delivery_queues WHERE subject = (SELECT max(subject) FROM delivery_queues) FOR UPDATE")
        )
        resumed = await service.http.patch(where, json={"paused": False}, headers=header)
        assert (resumed.status_code, resumed.json()["status"]) == (200, "active")
        assert 200 <= await service.scalar(woken) < 235, "twenty steps while the owner waits, the rest behind"
        await holder.rollback()

    async def all_are_woken() -> bool:
        return bool(await service.scalar(woken) == 235)

    await wait_until(all_are_woken)


async def beside(service: Service, endpoint: str, act: Callable[[], Awaitable[object]]) -> None:
    """Let something be done that has to wait for a delivery queue of the endpoint; news for others must not."""
    async with service.engine.connect() as holder:
        held = text("SELECT FROM delivery_queues WHERE endpoint_id = :id ORDER BY subject LIMIT 1 FOR UPDATE")
        await holder.execute(held, {"id": UUID(endpoint)})
        acting = asyncio.ensure_future(act())
        await asyncio.sleep(0.2)
        told = await asyncio.wait_for(service.send_events(event_message(to=party())), 5)
        assert (told, acting.done()) == (["taken"], False)
        await holder.rollback()
    await acting


async def test_news_for_others_do_not_wait_while_a_backlog_is_woken_or_cleared(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    await add_pending_deliveries(service, made["id"], 5)
    await put_off(service)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(where, json={"paused": True}, headers=header)
    await beside(service, made["id"], lambda: service.http.patch(where, json={"paused": False}, headers=header))
    await beside(service, made["id"], lambda: service.http.delete(where, headers=header))
    assert await waiting(service, made["id"]) == (0, 0)
