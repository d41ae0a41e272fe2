"""The verification of endpoints: until then they are pending, and their deliveries wait."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from aiohttp import web
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.domain.allowed_addresses import AllowedAddresses
from shared.networks import parse_networks
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

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
    willing = False

    async def sooner_or_later(received: WebhookRequest) -> web.Response | None:
        return await echo(received) if willing else None

    receiver.respond = sooner_or_later
    made = await service.endpoint(who, receiver.url, "declaration.*", verify=True)
    assert made["status"] == "pending"
    await service.send_events(event_message(subject, 1, to=who), event_message(subject, 2, to=who))
    async with running_worker(service, schedule=[timedelta(seconds=0.05)] * 100):
        await wait_until(lambda: len(receiver.requests) >= 3)
        assert {received.message["type"] for received in receiver.requests} == {"endpoint.verification"}
        assert await status(service, who, made["id"]) == "pending"
        willing = True
        await wait_until(lambda: len(receiver.requests_about(subject)) == 2)
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
        await wait_until(lambda: _waits_for_a_lock(service))
        await other.execute(text("SELECT FROM endpoints WHERE id = :endpoint FOR UPDATE"), keys)
        await other.rollback()
        changed = await change
    assert (changed.status_code, changed.json().get("status")) == (200, "pending"), changed.text


async def _waits_for_a_lock(service: Service) -> bool:
    async with service.engine.connect() as conn:
        waiting = await conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    return bool(waiting)
