"""Requests of an owner during deliveries: pause, delete, test, replay, retry."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from sqlalchemy import text

from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant, Party
from shared.database import now
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


async def test_paused_endpoint_receives_its_deliveries_in_order_after_resuming(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    change = {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(f"{WHERE}/{made['id']}", json={"paused": True}, headers=change)
    await service.send_events(*(event_message(subject, n, to=who) for n in (1, 2, 3)))
    async with running_worker(service):
        await asyncio.sleep(0.2)
        assert receiver.requests == []
        await service.http.patch(f"{WHERE}/{made['id']}", json={"paused": False}, headers=change)
        await wait_until(lambda: len(receiver.requests) == 3)
    assert [one.sequence for one in receiver.requests] == [1, 2, 3]


async def test_retry_by_the_owner_ends_the_cooldown(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def later(received: WebhookRequest) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "3600"})

    where, header = f"{WHERE}/{made['id']}", service.headers_as(who)
    asks: list[tuple[str, Any]] = [("test", None), ("retry", None), ("replay", {"since": "2026-01-01T00:00:00Z"})]
    async with running_worker(service):
        for ask, body in asks:
            receiver.respond, receiver.requests = later, []
            await service.send_events(event_message(to=who))
            await wait_until(
                lambda: service.scalar("SELECT count(*) > 0 FROM rate_limits WHERE cooldown_until > now()")
            )
            receiver.respond = None
            [delivery, *_] = await service.deliveries(who, made["id"], status="pending")
            place = f"/v1/deliveries/{delivery['id']}/retry" if ask == "retry" else f"{where}/{ask}"
            assert (await service.http.post(place, json=body, headers=header)).status_code == 202
            await wait_until(lambda: len(receiver.requests) > 1)
            await wait_until(
                lambda: service.scalar("SELECT count(*) = 0 FROM rate_limits WHERE cooldown_until > now()")
            )


async def test_disabled_endpoint_can_be_paused_and_resumed(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    async with service.engine.begin() as conn:
        await conn.execute(text("UPDATE endpoints SET status = 'disabled', reason = 'five days'"))
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    for paused, status in ((True, "paused"), (False, "active")):
        changed = (await service.http.patch(where, json={"paused": paused}, headers=header)).json()
        assert (changed["status"], changed["paused"], changed["reason"]) == (status, paused, None)


async def test_deleted_endpoint_receives_nothing_more(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    await service.send_events(event_message(to=who))
    await service.http.delete(f"{WHERE}/{made['id']}", headers=service.headers_as(who))
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await asyncio.sleep(0.2)
    assert receiver.requests == []


async def test_deliveries_of_a_disabled_party_wait(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    await service.send_events(event_message(to=who))
    await service.send_parties(who.model_copy(update={"disabled": True, "version": 2}))
    async with running_worker(service):
        await asyncio.sleep(0.2)
        assert receiver.requests == []
        await service.send_parties(who.model_copy(update={"version": 3}))
        await wait_until(lambda: receiver.requests)


async def test_test_event_is_sent_to_its_endpoint_only(service: Service, receive: OpenReceiver) -> None:
    who, one, other = party(), await receive(), await receive()
    made = await service.endpoint(who, one.url, "permit.used")
    await service.endpoint(who, other.url, "*")
    tested = await service.http.post(f"{WHERE}/{made['id']}/test", headers=service.headers_as(who))
    async with running_worker(service):
        await wait_until(lambda: one.requests)
    assert other.requests == []
    assert one.requests[0].id == tested.json()["event_id"]
    assert one.requests[0].message["type"] == "endpoint.test"


async def test_replay_sends_events_again_under_the_same_ids_in_order(service: Service, receiver: Receiver) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    await service.send_events(*(event_message(subject, n, to=who) for n in (1, 2, 3)))
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) = 3 FROM deliveries WHERE status = 'delivered'"))
        since = {"since": "2026-01-01T00:00:00Z"}
        await service.http.post(f"{WHERE}/{made['id']}/replay", json=since, headers=service.headers_as(who))
        await wait_until(lambda: len(receiver.requests) == 6)
    assert [one.sequence for one in receiver.requests] == [1, 2, 3] * 2
    assert [one.id for one in receiver.requests[:3]] == [one.id for one in receiver.requests[3:]]


RIGHTS_THAT_END = ["grant", "types of a grant", "countries of a grant", "partner", "identifier", "country", "role"]


@pytest.mark.parametrize("ending", RIGHTS_THAT_END)
async def test_new_endpoint_replays_no_event_to_which_the_right_has_ended(service: Service, ending: str) -> None:
    grant = Grant(countries=("FR",), event_types=("declaration.*",))
    partner = party("partner", country="BE", grants=(grant,))
    other_types = grant.model_copy(update={"event_types": ("permit.*",)})
    other_countries = grant.model_copy(update={"countries": ("BE",)})
    of_customs = Audience(offices=(RoleInCountry(role=Role.CUSTOMS, country="FR"),))
    rights: dict[str, tuple[Party, Audience, dict[str, Any]]] = {
        "grant": (partner, Audience(countries=("FR",)), {"grants": ()}),
        "types of a grant": (partner, Audience(countries=("FR",)), {"grants": (other_types,)}),
        "countries of a grant": (partner, Audience(countries=("FR",)), {"grants": (other_countries,)}),
        "partner": (partner, Audience(countries=("FR",)), {"roles": (Role.TRADER,)}),
        "identifier": (
            party(identifiers={"EORI": "FR1"}),
            Audience(identifiers=("FR:fr1",)),
            {"identifiers": {"EORI": "FR2"}},
        ),
        "country": (party("customs"), of_customs, {"country": "BE"}),
        "role": (party("customs"), of_customs, {"roles": (Role.TRADER,)}),
    }
    who, audience, change = rights[ending]
    await service.send_parties(who)
    since = {"since": "2026-01-01T00:00:00Z"}
    old = await service.endpoint(who, "https://example.com/old")
    before, own = event_message(audience=audience), event_message(to=who)
    await service.send_events(before, own)
    who = who.model_copy(update={**change, "version": 2})
    await service.send_parties(who)
    after = event_message(audience=audience)
    await service.send_events(after)
    assert {event["id"] for event in (await service.read_feed(who))[0]} == {str(before.id), str(own.id)}, (
        "the feed keeps what the party was allowed to receive"
    )
    new = await service.endpoint(who, "https://example.com/new")
    for made, expected in ((new, {own.id}), (old, {before.id, own.id})):
        where = f"{WHERE}/{made['id']}/replay"
        replayed = await service.http.post(where, json=since, headers=service.headers_as(who))
        assert (replayed.status_code, replayed.json()["deliveries"]) == (202, len(expected))
        found = {delivery["event_id"] for delivery in await service.deliveries(who, made["id"])}
        assert found == {str(event_id) for event_id in expected}
    for delivery in await service.deliveries(who, old["id"]):
        retried = await service.http.post(f"/v1/deliveries/{delivery['id']}/retry", headers=service.headers_as(who))
        assert retried.status_code == 202, "its endpoint had the event before"
    assert len(await service.deliveries(who, old["id"])) == 2


async def test_replay_of_the_future_is_refused(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    later = {"since": (now() + timedelta(hours=1)).isoformat()}
    refused = await service.http.post(f"{WHERE}/{made['id']}/replay", json=later, headers=service.headers_as(who))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/since")


async def test_replays_retries_and_pauses_during_deliveries_break_nothing(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    where, since = f"{WHERE}/{made['id']}", {"since": "2026-01-01t00:00:00z"}
    subjects = [f"declaration:{uuid4()}" for _ in range(10)]

    async def flaky(received: WebhookRequest) -> web.Response | None:
        return web.Response(status=500) if len(receiver.requests) % 7 == 0 else None

    async def intakes() -> None:
        for n in range(1, 11):
            await service.send_events(*(event_message(subject, n, to=who) for subject in subjects))

    async def owner() -> set[int]:
        responses, header = set(), {**service.headers_as(who), "If-Match": "*"}
        for _ in range(10):
            responses.add((await service.http.post(f"{where}/replay", json=since, headers=header)).status_code)
            for delivery in (await service.deliveries(who, made["id"]))[:3]:
                again = await service.http.post(f"/v1/deliveries/{delivery['id']}/retry", headers=header)
                responses.add(again.status_code)
            for paused in (True, False):
                changed = await service.http.patch(where, json={"paused": paused}, headers=header)
                responses.add(changed.status_code)
        return responses

    receiver.respond = flaky
    schedule = [timedelta(seconds=0.01)] * 50
    async with running_worker(service, schedule=schedule), running_worker(service, schedule=schedule):
        _, first, second = await asyncio.gather(intakes(), owner(), owner())
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"), seconds=60)
    assert first | second == {200, 202}
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 100
    assert await service.scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
