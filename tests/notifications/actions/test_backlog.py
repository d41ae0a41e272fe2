"""The backlog of an endpoint is resumed and deleted in steps, without delays for others."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.actions import backlog
from shared.database import now
from tests.notifications.actions.test_delivery_fairness import add_pending_deliveries
from tests.notifications.conftest import Service, event_message, party
from tests.waiting import WAIT_SECONDS, wait_until

WHERE = "/v1/webhook-endpoints"
PUT_OFF = "UPDATE delivery_queues SET due_at = now() + interval '1 day'"


async def postpone_queues(service: Service) -> None:
    async with service.engine.begin() as conn:
        await conn.execute(text(PUT_OFF))


async def count_backlog(service: Service, endpoint: str) -> tuple[int, int]:
    """Return the numbers of delivery queues and of pending deliveries of an endpoint."""
    queues = await service.scalar(f"SELECT count(*) FROM delivery_queues WHERE endpoint_id = '{endpoint}'")
    messages = f"SELECT count(*) FROM deliveries WHERE endpoint_id = '{endpoint}' AND status = 'pending'"
    return int(queues), int(await service.scalar(messages))


async def test_deleted_endpoint_disappears_at_once_and_its_backlog_in_steps(
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
    assert await count_backlog(service, made["id"]) == (150, 150), "twenty steps while the owner waits"
    cleared = await backlog.clear_deleted_endpoints(service.engine, at=now())
    assert (cleared, await count_backlog(service, made["id"])) == (1, (0, 0))
    assert await backlog.clear_deleted_endpoints(service.engine, at=now()) == 0
    assert await count_backlog(service, other["id"]) == (5, 5)


async def test_resumed_endpoint_has_its_whole_backlog_due(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "STEP", 10)
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    await add_pending_deliveries(service, made["id"], 235)
    await postpone_queues(service)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(where, json={"paused": True}, headers=header)
    due_queues = "SELECT count(*) FROM delivery_queues WHERE due_at <= now()"
    async with service.engine.connect() as holder:
        await holder.execute(
            text("SELECT FROM delivery_queues WHERE subject = (SELECT max(subject) FROM delivery_queues) FOR UPDATE")
        )
        resumed = await service.http.patch(where, json={"paused": False}, headers=header)
        assert (resumed.status_code, resumed.json()["status"]) == (200, "active")
        assert 200 <= await service.scalar(due_queues) < 235, "twenty steps while the owner waits, the rest behind"
        await holder.rollback()

    async def all_are_woken() -> bool:
        return bool(await service.scalar(due_queues) == 235)

    await wait_until(all_are_woken)


async def run_while_queue_is_locked(service: Service, endpoint: str, act: Callable[[], Awaitable[object]]) -> None:
    """Run an action that waits for a locked delivery queue. Events for other endpoints must not wait."""
    async with service.engine.connect() as holder:
        held = text("SELECT FROM delivery_queues WHERE endpoint_id = :id ORDER BY subject LIMIT 1 FOR UPDATE")
        await holder.execute(held, {"id": UUID(endpoint)})
        acting = asyncio.ensure_future(act())
        await asyncio.sleep(0.2)
        told = await asyncio.wait_for(service.send_events(event_message(to=party())), WAIT_SECONDS)
        assert (told, acting.done()) == (["taken"], False)
        await holder.rollback()
    await acting


async def test_events_for_other_endpoints_do_not_wait_for_a_backlog(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    await add_pending_deliveries(service, made["id"], 5)
    await postpone_queues(service)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(where, json={"paused": True}, headers=header)
    await run_while_queue_is_locked(
        service, made["id"], lambda: service.http.patch(where, json={"paused": False}, headers=header)
    )
    await run_while_queue_is_locked(service, made["id"], lambda: service.http.delete(where, headers=header))
    assert await count_backlog(service, made["id"]) == (0, 0)
