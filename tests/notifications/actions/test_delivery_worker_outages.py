"""Long outages, cooldowns, new URLs and clock steps: pending deliveries are sent when this is possible."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from services.notifications.actions import delivery_worker
from services.notifications.domain.concurrency_limit import INITIAL_CONCURRENCY, MAX_CONCURRENCY
from shared.database import now
from tests.notifications.conftest import (
    OpenReceiver,
    Service,
    event_message,
    have_length,
    party,
    running_worker,
)
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


class Clock:
    """The clock of a worker, which a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        monkeypatch.setattr(delivery_worker, "now", lambda: now() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def wait_until_none_in_flight(service: Service) -> None:
    """Wait until nothing is in flight. A clock step would end the leases, and the deliveries would be sent again."""
    await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues WHERE claim IS NOT NULL"))


async def refuse(received: WebhookRequest) -> web.Response:
    return web.Response(status=503)


async def test_endpoint_after_an_outage_receives_everything_once_in_order(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    subjects = [f"declaration:{uuid4()}" for _ in range(100)]
    schedule = [timedelta(seconds=1), timedelta(minutes=5), timedelta(minutes=70)]
    receiver.respond = refuse
    await service.send_events(*(event_message(subject, n, to=who) for subject in subjects for n in (1, 2)))
    async with running_worker(service, schedule=schedule):
        for step in (0, 2, 300):
            clock.ahead += timedelta(seconds=step * 1.25)
            await wait_until(lambda: all(receiver.requests_about(subject) for subject in subjects))
            await wait_until_none_in_flight(service)
        tried = len(receiver.requests)
        receiver.respond, receiver.requests = None, []
        flying, most = 0, 0

        async def count(received: WebhookRequest) -> None:
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            await asyncio.sleep(0.01)
            flying -= 1

        receiver.respond = count
        clock.ahead += timedelta(minutes=90)
        await wait_until(lambda: len(receiver.requests) == 200)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert tried >= 100
    assert most <= MAX_CONCURRENCY, "an endpoint that comes back is not sent all at once what waited"
    for subject in subjects:
        assert [one.sequence for one in receiver.requests_about(subject)] == [1, 2]


async def test_clock_step_loses_no_delivery_and_keeps_the_order(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    """A delivery in flight while the clock steps past its lease may arrive twice, under the same id."""
    who = party()
    await service.endpoint(who, receiver.url)
    subjects = [f"declaration:{uuid4()}" for _ in range(20)]
    sent = 0
    async with running_worker(service):
        for step in (0, 3600, -7200, 86_400, -86_400):
            clock.ahead += timedelta(seconds=step)
            sent += 1
            await service.send_events(*(event_message(subject, sent, to=who) for subject in subjects))
            if clock.ahead >= timedelta(0):
                await wait_until(have_length(20 * sent - 20, receiver.requests))
            await wait_until_none_in_flight(service)
        clock.ahead = timedelta(days=2)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert len({one.id for one in receiver.requests}) == 100
    for subject in subjects:
        assert list(dict.fromkeys(one.sequence for one in receiver.requests_about(subject))) == [1, 2, 3, 4, 5]


async def test_endpoint_is_disabled_after_five_days_of_failures(
    service: Service, receive: OpenReceiver, clock: Clock
) -> None:
    who, dead, well = party(), await receive(), await receive()
    dead.respond = refuse
    made = await service.endpoint(who, dead.url, "declaration.*")
    await service.endpoint(who, well.url, "endpoint.disabled")
    tried = 0
    async with running_worker(service, schedule=[timedelta(days=1)] * 9):
        await service.send_events(event_message(to=who))
        for day in (0, 1.25, 1.25, 1.25, 1.25):
            clock.ahead += timedelta(days=day)
            tried += 1
            await wait_until(have_length(tried, dead.requests))
            await wait_until_none_in_flight(service)
        await wait_until(lambda: well.requests)
        clock.ahead += timedelta(days=9)
        await service.send_events(event_message(to=who))
        await asyncio.sleep(0.1)
    assert len(dead.requests) == 5
    data = well.requests[0].message["data"]
    assert (data["endpoint_id"], data["reason"]) == (made["id"], "nothing but failures for 5 days")
    shown = (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()
    assert shown["status"] == "disabled"


async def test_endpoint_with_a_failure_before_and_after_a_quiet_month_is_not_disabled(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    receiver.respond = refuse
    async with running_worker(service, schedule=[timedelta(seconds=0.05)]):
        for month in range(4):
            clock.ahead = timedelta(days=30 * month)
            await service.send_events(event_message(to=who))
            await wait_until(have_length(2 * month + 2, receiver.requests))
            await wait_until_none_in_flight(service)
    assert await service.scalar("SELECT days FROM failure_streaks") == 4
    shown = (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()
    assert shown["status"] == "active"


async def test_endpoint_that_fails_again_after_the_wait_that_it_requests_is_not_disabled(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def wait_six_days(received: WebhookRequest) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": str(6 * 86_400)})

    receiver.respond = wait_six_days
    async with running_worker(service):
        await service.send_events(event_message(to=who))
        await wait_until(have_length(1, receiver.requests))
        await wait_until_none_in_flight(service)
        clock.ahead = timedelta(days=6, minutes=1)
        await wait_until(have_length(2, receiver.requests))
        await wait_until_none_in_flight(service)
    shown = (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()
    assert shown["status"] == "active"


async def test_days_in_which_the_party_is_disabled_are_no_failures_of_its_endpoint(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who = party()
    receiver.respond = refuse
    made = await service.endpoint(who, receiver.url)
    await service.send_events(event_message(to=who))
    async with running_worker(service, schedule=[timedelta(days=2)] * 9):
        await wait_until(have_length(1, receiver.requests))
        await wait_until_none_in_flight(service)
        await service.send_parties(who.model_copy(update={"disabled": True, "version": 2}))
        clock.ahead += timedelta(days=9)
        await asyncio.sleep(0.1)
        assert len(receiver.requests) == 1
        await service.send_parties(who.model_copy(update={"version": 3}))
        await wait_until(have_length(2, receiver.requests))
        await wait_until_none_in_flight(service)
    [delivery] = await service.deliveries(who, made["id"])
    assert (delivery["status"], len(delivery["attempts"])) == ("pending", 2)
    shown = (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()
    assert shown["status"] == "active"


async def test_endpoint_with_a_success_in_five_days_is_not_disabled(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who, bad = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)

    async def only_bad(received: WebhookRequest) -> web.Response | None:
        return web.Response(status=500) if received in receiver.requests_about(bad) else None

    receiver.respond = only_bad
    await service.send_events(event_message(bad, 1, to=who))
    async with running_worker(service, schedule=[timedelta(days=1)] * 9):
        for number in range(7):
            await service.send_events(event_message(to=who))
            await wait_until(have_length(2 * number + 2, receiver.requests))
            await wait_until_none_in_flight(service)
            clock.ahead += timedelta(days=1.25)
    assert (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()[
        "status"
    ] == "active"


async def test_429_with_retry_after_starts_a_cooldown_of_the_endpoint(
    service: Service, receiver: Receiver, clock: Clock
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def later(received: WebhookRequest) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "600"})

    receiver.respond = later
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) > 0 FROM rate_limits WHERE cooldown_until > now()"))
        await service.send_events(*(event_message(to=who) for _ in range(5)))
        await asyncio.sleep(0.2)
        assert len(receiver.requests) == 1, "it asked for rest: what is about other things waits too"
        shown = (await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))).json()
        rest = datetime.fromisoformat(shown["rests_until"]) - datetime.now(UTC)
        assert timedelta(minutes=5) < rest <= timedelta(minutes=10)
        receiver.respond = None
        clock.ahead = timedelta(seconds=601)
        await wait_until(lambda: len(receiver.requests) == 7)


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("dated", [False, True])
async def test_retry_after_may_be_seconds_or_a_date(
    service: Service, receiver: Receiver, status: int, dated: bool
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)

    async def later(received: WebhookRequest) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": moment if dated else "7200"})

    receiver.respond = later
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM delivery_queues WHERE attempts = 1"))
    [waiting] = await service.deliveries(who, made["id"], status="pending")
    wait = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.now(UTC)
    assert timedelta(minutes=118) < wait <= timedelta(minutes=120)


async def test_pending_delivery_is_sent_to_the_present_url(service: Service, receive: OpenReceiver) -> None:
    who, subject, old, new = party(), f"declaration:{uuid4()}", await receive(), await receive()
    old.respond = refuse
    made = await service.endpoint(who, old.url)
    await service.send_events(*(event_message(subject, n, to=who) for n in (1, 2, 3)))
    async with running_worker(service, schedule=[timedelta(seconds=0.2)] * 50):
        await wait_until(lambda: old.requests)
        change = {**service.headers_as(who), "If-Match": "*"}
        await service.http.patch(f"{WHERE}/{made['id']}", json={"url": new.url}, headers=change)
        await wait_until(lambda: len(new.requests) == 3)
    assert [one.sequence for one in new.requests] == [1, 2, 3]


async def test_endpoint_deleted_with_deliveries_in_flight_receives_nothing_more(
    service: Service, receive: OpenReceiver
) -> None:
    who, leaving, staying = party(), await receive(), await receive()
    over = asyncio.Event()

    async def hang(received: WebhookRequest) -> None:
        await over.wait()

    leaving.respond = hang
    made = await service.endpoint(who, leaving.url)
    await service.endpoint(who, staying.url)
    async with running_worker(service):
        await service.send_events(*(event_message(to=who) for _ in range(30)))
        await wait_until(lambda: len(leaving.requests) == INITIAL_CONCURRENCY)
        gone = await service.http.delete(f"{WHERE}/{made['id']}", headers=service.headers_as(who))
        assert gone.status_code == 204
        over.set()
        await service.send_events(*(event_message(to=who) for _ in range(10)))
        await wait_until(lambda: len(staying.requests) == 40)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
        await asyncio.sleep(0.1)
    assert len(leaving.requests) == INITIAL_CONCURRENCY
    left = await service.scalar(
        f"SELECT count(*) FROM deliveries WHERE endpoint_id = '{made['id']}' AND status = 'pending'"
    )
    assert left == 0


async def test_given_up_deliveries_are_replayed_by_type_and_time(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    receiver.respond = refuse
    before = now()
    await service.send_events(
        event_message(to=who),
        event_message(to=who),
        event_message(to=who, kind="permit.revoked", issuer="ZA", number="ZA-1"),
    )
    between = now()
    async with running_worker(service, schedule=[]):
        await wait_until(lambda: service.scalar("SELECT count(*) = 3 FROM deliveries WHERE status = 'given_up'"))

    async def replay(**given: Any) -> int:
        where = f"{WHERE}/{made['id']}/replay"
        response = await service.http.post(where, json=given, headers=service.headers_as(who))
        assert response.status_code == 202, response.text
        return int(response.json()["deliveries"])

    since = before.isoformat()
    assert await replay(since=between.isoformat(), status="given_up") == 0
    assert await replay(since=since, until=before.isoformat()) == 0
    assert await replay(since=since, types=["permit.*"], status="given_up") == 1
    assert await replay(since=since, status="given_up") == 2, "what is on its way again is given up no more"
    assert await replay(since=since) == 3
    bad = {"since": between.isoformat(), "until": since}
    response = await service.http.post(f"{WHERE}/{made['id']}/replay", json=bad, headers=service.headers_as(who))
    assert response.status_code == 422
