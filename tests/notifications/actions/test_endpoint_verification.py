"""The verification of endpoints: until then they are pending, and their deliveries wait."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from services.notifications.actions import intake
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.retry_schedule import MAX_CHALLENGE_ATTEMPTS
from shared.networks import parse_networks
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_for_lock, wait_until

WHERE = "/v1/webhook-endpoints"


async def echo(received: WebhookRequest) -> web.Response | None:
    if received.message["type"] != "endpoint.verification":
        return None
    return web.json_response({"challenge": received.message["data"]["challenge"]})


async def status(service: Service, who: Any, endpoint_id: str) -> str:
    response = await service.http.get(f"{WHERE}/{endpoint_id}", headers=service.headers_as(who))
    found: str = response.json()["status"]
    return found


async def test_deliveries_wait_until_the_challenge_is_met(service: Service, receiver: Receiver) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    statuses: list[str] = []

    async def at_the_third_attempt(received: WebhookRequest) -> web.Response | None:
        if len(statuses) < 3:
            statuses.append(await status(service, who, made["id"]))
        return await echo(received) if len(statuses) == 3 else None

    receiver.respond = at_the_third_attempt
    made = await service.endpoint(who, receiver.url, "declaration.*", verify=True)
    assert made["status"] == "pending"
    await service.send_events(event_message(subject, 1, to=who), event_message(subject, 2, to=who))
    async with running_worker(service, schedule=[timedelta(seconds=0.05)] * 100):
        await wait_until(lambda: len(receiver.requests_about(subject)) == 2)
    assert statuses == ["pending"] * 3
    assert [one.message["type"] for one in receiver.requests[:3]] == ["endpoint.verification"] * 3
    assert await status(service, who, made["id"]) == "active"
    assert [one.sequence for one in receiver.requests_about(subject)] == [1, 2]
    challenge = receiver.requests[0]
    Webhook(made["secret"]).verify(challenge.body, challenge.headers)
    posed = (await service.deliveries(who, made["id"]))[-1]
    assert posed["attempts"][0]["status"] == 200
    assert "challenge" in posed["attempts"][0]["reason"]


async def test_response_with_another_challenge_does_not_verify(service: Service, receiver: Receiver) -> None:
    who = party()

    async def guess(received: WebhookRequest) -> web.Response:
        return web.json_response({"challenge": "x" * 32})

    receiver.respond = guess
    made = await service.endpoint(who, receiver.url, verify=True)
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) >= 3)
    assert await status(service, who, made["id"]) == "pending"


async def test_response_with_deep_nesting_does_not_verify(service: Service, receiver: Receiver) -> None:
    async def nest(received: WebhookRequest) -> web.Response:
        return web.Response(text="[" * 4000)

    receiver.respond = nest
    who = party()
    made = await service.endpoint(who, receiver.url, verify=True)
    async with running_worker(service, schedule=[timedelta(hours=1)]):
        await wait_until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    [posed] = await service.deliveries(who, made["id"])
    assert posed["attempts"][0]["status"] == 200
    assert "did not answer" in posed["attempts"][0]["reason"]


async def test_challenge_is_sent_again_on_request(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url, verify=True)
    where = f"{WHERE}/{made['id']}/verification"
    async with running_worker(service, schedule=[]):
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM deliveries WHERE status = 'given_up'"))
        receiver.respond = echo
        assert (await service.http.post(where, headers=service.headers_as(who))).status_code == 202
        await wait_until(lambda: status_is(service, who, made["id"], "active"))
    again = await service.http.post(where, headers=service.headers_as(who))
    assert (again.status_code, again.json()["code"]) == (409, "not-pending")
    assert (await service.http.post(where, headers=service.headers_as(party()))).status_code == 404


async def test_challenge_is_sent_at_most_five_times(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url, verify=True)
    where = f"{WHERE}/{made['id']}"
    given_up = "SELECT count(*) FROM deliveries WHERE status = 'given_up'"
    async with running_worker(service, schedule=[timedelta(seconds=0.01)] * 20):
        await wait_until(lambda: service.scalar(given_up))
        assert len(receiver.requests) == MAX_CHALLENGE_ATTEMPTS == 5
        [posed] = await service.deliveries(who, made["id"])
        again = await service.http.post(f"/v1/deliveries/{posed['id']}/retry", headers=service.headers_as(who))
        assert (again.status_code, again.json()["code"]) == (409, "too-many-attempts")
        replayed = {"since": made["created_at"]}
        await service.http.post(f"{where}/replay", json=replayed, headers=service.headers_as(who))
        asked = await service.http.post(f"{where}/verification", headers=service.headers_as(who))
        assert asked.status_code == 202, "the owner may ask for a new challenge"
        await wait_until(lambda: service.scalar(f"{given_up} HAVING count(*) = 2"))
    challenges = Counter(received.message["data"]["challenge"] for received in receiver.requests)
    assert list(challenges.values()) == [5, 5]


async def test_challenge_that_waits_is_replaced_by_a_newer_one(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url, verify=True)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    assert (await service.http.post(f"{where}/test", headers=header)).status_code == 202
    for _ in range(3):
        for paused in (True, False):
            assert (await service.http.patch(where, json={"paused": paused}, headers=header)).status_code == 200
    states = [(one["type"], one["status"]) for one in await service.deliveries(who, made["id"])]
    assert Counter(states) == {
        ("endpoint.verification", "pending"): 1,
        ("endpoint.verification", "dropped"): 3,
        ("endpoint.test", "pending"): 1,
    }


async def test_endpoint_gets_few_challenges_and_tests_within_an_hour(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_REQUESTED_EVENTS", 4)
    who = party()
    made = await service.endpoint(who, "https://example.com/", verify=True)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    for path in ("test", "verification", "test"):
        assert (await service.http.post(f"{where}/{path}", headers=header)).status_code == 202
    for path in ("test", "verification"):
        refused = await service.http.post(f"{where}/{path}", headers=header)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert 3_500 < int(refused.headers["retry-after"]) <= 3_600
    moved = await service.http.patch(where, json={"url": "https://example.org/"}, headers=header)
    assert moved.status_code == 429, "a new address needs a challenge too"
    other = await service.endpoint(who, "https://example.com/", verify=True)
    assert (await service.http.post(f"{WHERE}/{other['id']}/test", headers=header)).status_code == 202
    assert await service.scalar("SELECT count(*) FROM events WHERE type LIKE 'endpoint.%'") == 6


async def status_is(service: Service, who: Any, endpoint_id: str, wanted: str) -> bool:
    return await status(service, who, endpoint_id) == wanted


async def test_pending_endpoint_after_a_pause_is_pending_again(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/", verify=True)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    paused = await service.http.patch(where, json={"paused": True}, headers=header)
    assert (paused.json()["status"], paused.json()["paused"]) == ("paused", True)
    assert (await service.http.patch(where, json={"paused": False}, headers=header)).json()["status"] == "pending"


async def test_endpoint_with_a_new_url_must_be_verified_again(service: Service, receive: OpenReceiver) -> None:
    who, old, new = party(), await receive(), await receive()
    new.respond = echo
    made = await service.endpoint(who, old.url)
    service.use_policy(EndpointPolicy(AllowedAddresses(loopback=True), service.keys, verification_required=True))
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    elsewhere = await service.http.patch(where, json={"url": "https://example.com/"}, headers=header)
    assert elsewhere.json()["status"] == "pending"
    back = await service.http.patch(where, json={"url": new.url}, headers=header)
    assert back.json()["status"] == "active", "an address that the operator named need not be proven"


async def test_endpoint_with_verify_is_verified_at_each_new_url(service: Service, receive: OpenReceiver) -> None:
    who, first, second, third = party(), await receive(), await receive(), await receive()
    first.respond = third.respond = echo
    made = await service.endpoint(who, first.url, "declaration.*", verify=True)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    async with running_worker(service, schedule=[timedelta(seconds=0.05)] * 100):
        await wait_until(lambda: status_is(service, who, made["id"], "active"))
        for other in (second, third):
            moved = await service.http.patch(where, json={"url": other.url}, headers=header)
            assert (moved.json()["status"], moved.json()["verify"]) == ("pending", True)
            await service.send_events(event_message(to=who))
            await wait_until(lambda other=other: len(other.requests) > 0)  # type: ignore[misc]
        await wait_until(lambda: len(third.requests) >= 3)
    assert {received.message["type"] for received in second.requests} == {"endpoint.verification"}, "never proven"
    assert await status(service, who, made["id"]) == "active"


def test_endpoint_at_an_allowed_address_need_not_be_verified(service: Service) -> None:
    policy = EndpointPolicy(AllowedAddresses(loopback=True, networks=parse_networks("10.1.0.0/16")), service.keys)
    assert not any(
        policy.requires_verification(url) for url in ("http://127.0.0.1:1/", "http://localhost/", "http://10.1.2.3/")
    )
    assert all(policy.requires_verification(url) for url in ("https://example.com/", "http://partner.internal/"))


async def test_change_of_url_in_a_deadlock_is_repeated(service: Service, receive: OpenReceiver) -> None:
    who, first, second = party(), await receive(), await receive()
    made = await service.endpoint(who, first.url, "declaration.*", verify=True)
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    keys = {"endpoint": made["id"]}
    async with service.engine.connect() as other:
        await other.execute(text("SELECT FROM delivery_queues WHERE endpoint_id = :endpoint FOR UPDATE"), keys)
        change = asyncio.create_task(service.http.patch(where, json={"url": second.url}, headers=header))
        await wait_for_lock(service.engine)
        await other.execute(text("SELECT FROM endpoints WHERE id = :endpoint FOR UPDATE"), keys)
        await other.rollback()
        changed = await change
    assert (changed.status_code, changed.json().get("status")) == (200, "pending"), changed.text
