"""The metrics: they are right across several workers, above all the share of deliveries on time."""

import asyncio
from datetime import timedelta

from aiohttp import web

from services.notifications.store import metrics
from shared.database import now
from shared.metrics import render_metrics
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

TEN = timedelta(seconds=10)


async def count_on_time(service: Service) -> tuple[int, int]:
    """Return how many deliveries were due up to now, and how many of them were sent on time."""
    at = now()
    async with service.engine.connect() as conn:
        counts = await metrics.count_on_time(conn, since=at - timedelta(minutes=5), until=at, limit=TEN)
    return counts.due, counts.on_time


async def read(service: Service) -> dict[str, float]:
    response = await service.http.get("/metrics")
    assert response.status_code == 200
    lines = (line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


async def test_metrics_count_deliveries_on_time_over_all_workers(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    late = [event_message(to=who).model_copy(update={"at": now() - timedelta(seconds=60)}) for _ in range(5)]
    async with running_worker(service), running_worker(service):
        await service.send_events(*late, *(event_message(to=who) for _ in range(15)))
        await wait_until(lambda: len(receiver.requests) == 20)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert await count_on_time(service) == (20, 15)
    metrics = await read(service)
    assert metrics["saola_events_sent_within_10s_share"] == 0.0, "of those that happened more than 10 s ago"
    assert metrics['saola_events_recent{within_10s="false"}'] == 5
    assert metrics["saola_events_taken_total"] == 20 and metrics["saola_database_up"] == 1


async def test_metrics_leave_out_endpoints_with_only_failures(service: Service, receive: OpenReceiver) -> None:
    async def fail(received: WebhookRequest) -> web.Response:
        return web.Response(status=500)

    well, ill, who = await receive(), await receive(), party()
    ill.respond = fail
    await service.endpoint(who, well.url)
    await service.endpoint(who, ill.url)
    async with running_worker(service, schedule=(timedelta(hours=1),)):
        await service.send_events(event_message(to=who))
        await wait_until(lambda: len(well.requests) == 1 and len(ill.requests) == 1)
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM failure_streaks"))
        await service.send_events(*(event_message(to=who) for _ in range(4)))
        await wait_until(lambda: len(well.requests) == 5)
        await wait_until(lambda: service.scalar("SELECT count(*) = 5 FROM deliveries WHERE status = 'delivered'"))
    due, sent = await count_on_time(service)
    assert (due, sent) == (6, 6), "each once to the living, and the one that found out about the dead"


async def test_metrics_show_the_backlog_and_its_age_by_endpoint_status(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    header = service.headers_as(who) | {"If-Match": f'"{made["version"]}"'}
    where = f"/v1/webhook-endpoints/{made['id']}"
    await service.send_events(
        *(event_message(to=who).model_copy(update={"at": now() - timedelta(hours=2)}) for _ in range(3))
    )
    metrics = await read(service)
    assert metrics['saola_letters_waiting{endpoint="active"}'] == 3
    assert 7200 <= metrics['saola_letters_oldest_waiting_seconds{endpoint="active"}'] < 7260
    assert (await service.http.patch(where, json={"paused": True}, headers=header)).status_code == 200
    metrics = await read(service)
    assert metrics['saola_letters_waiting{endpoint="active"}'] == 0
    assert metrics['saola_letters_waiting{endpoint="paused"}'] == 3
    assert metrics['saola_endpoints{status="paused"}'] == 1


async def test_metrics_of_the_server_show_failures_cooldowns_and_deliveries_in_flight(
    service: Service, receive: OpenReceiver
) -> None:
    over = asyncio.Event()

    async def fail(received: WebhookRequest) -> web.Response:
        return web.Response(status=500)

    async def tired(received: WebhookRequest) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "600"})

    async def hang(received: WebhookRequest) -> None:
        await over.wait()

    who = party()
    for behave in (fail, tired, hang):
        receiver = await receive()
        receiver.respond = behave
        await service.endpoint(who, receiver.url)
    async with running_worker(service, schedule=(timedelta(hours=1),)):
        await service.send_events(event_message(to=who))
        await wait_until(
            lambda: service.scalar("SELECT count(*) = 1 FROM rate_limits WHERE cooldown_until IS NOT NULL")
        )
        await wait_until(lambda: service.scalar("SELECT count(*) = 2 FROM failure_streaks"))
        metrics = await read(service)
        over.set()
    assert metrics["saola_endpoints_failing"] == 2
    assert metrics["saola_endpoints_resting"] == 1
    assert metrics["saola_letters_flying"] == 1
    assert (await read(service))["saola_letters_flying"] == 0


async def test_metrics_without_database_report_that_it_is_down() -> None:
    async def away() -> list[object]:
        raise ConnectionRefusedError

    assert b"saola_database_up 0.0" in await render_metrics(away)  # type: ignore[arg-type]
