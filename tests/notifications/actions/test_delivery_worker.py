"""Delivery to real receivers: signed, in order, once, without delays by other endpoints."""

import asyncio
import base64
import time
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


async def test_webhook_is_verified_by_the_reference_library(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    message = event_message(to=who, note="é")
    await service.send_events(message)
    async with running_worker(service):
        await wait_until(lambda: receiver.requests)
    [received] = receiver.requests
    assert Webhook(made["secret"]).verify(received.body, received.headers) == received.message
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(received.body.replace(b"accepted", b"rejected"), received.headers)
    assert received.id == str(message.id)
    assert received.headers["content-type"] == "application/json"
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 60
    assert received.message["data"] == {**message.data, "sequence": 1}
    [delivery] = await service.deliveries(who, made["id"], status="delivered")
    [attempt] = delivery["attempts"]
    assert (attempt["status"], attempt["reason"]) == (200, None)
    assert attempt["duration_ms"] >= 0


async def test_webhook_after_rotation_is_verified_by_old_and_new_secret(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    rotated = await service.http.post(f"{WHERE}/{made['id']}/rotate-secret", headers=service.headers_as(who))
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: receiver.requests)
    for secret in (made["secret"], rotated.json()["secret"]):
        Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)
    stranger = "whsec_" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(receiver.requests[0].body, receiver.requests[0].headers)


async def test_hanging_receiver_does_not_delay_others(service: Service, receive: OpenReceiver) -> None:
    who, neighbour = party(), party()
    hanging, well = await receive(), await receive()
    over = asyncio.Event()

    async def hang(received: WebhookRequest) -> None:
        await over.wait()

    hanging.respond = hang
    await service.endpoint(who, hanging.url)
    await service.endpoint(neighbour, well.url)
    await service.send_events(*(event_message(to=who) for _ in range(60)))
    async with running_worker(service, max_in_flight=64):
        await wait_until(lambda: hanging.requests)
        await service.send_events(*(event_message(to=neighbour) for _ in range(100)))
        await wait_until(lambda: len(well.requests) == 100)
        assert len(hanging.requests) < 60, "a receiver that answers nothing has only its share"
        over.set()
        await wait_until(lambda: len({one.id for one in hanging.requests}) == 60)


async def test_hanging_delivery_does_not_delay_other_subjects_of_its_endpoint(
    service: Service, receiver: Receiver
) -> None:
    who, stuck = party(), f"declaration:{uuid4()}"
    over = asyncio.Event()

    async def hang(received: WebhookRequest) -> None:
        if received in receiver.requests_about(stuck):
            await over.wait()

    receiver.respond = hang
    await service.endpoint(who, receiver.url)
    await service.send_events(event_message(stuck, 1, to=who), event_message(stuck, 2, to=who))
    async with running_worker(service):
        await wait_until(lambda: receiver.requests_about(stuck))
        await service.send_events(*(event_message(to=who) for _ in range(50)))
        await wait_until(lambda: len(receiver.requests) == 51)
        assert [one.sequence for one in receiver.requests_about(stuck)] == [1]
        over.set()
        await wait_until(lambda: len(receiver.requests_about(stuck)) == 2)


async def test_endpoint_receives_its_event_types_only(service: Service, receive: OpenReceiver) -> None:
    who = party()
    all_, family, one = await receive(), await receive(), await receive()
    await service.endpoint(who, all_.url, "*")
    await service.endpoint(who, family.url, "declaration.*")
    await service.endpoint(who, one.url, "permit.used", "declaration.released")
    kinds = ["declaration.accepted", "declaration.released", "permit.used", "permit.revoked"]
    await service.send_events(*(event_message(kind=kind, to=who) for kind in kinds))
    async with running_worker(service):
        await wait_until(lambda: (len(all_.requests), len(family.requests), len(one.requests)) == (4, 2, 2))
    assert {received.message["type"] for received in family.requests} == set(kinds[:2])
    assert {received.message["type"] for received in one.requests} == set(kinds[1:3])


async def test_workers_together_send_each_event_once_in_order(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    subjects = [f"declaration:{uuid4()}" for _ in range(40)]
    async with running_worker(service), running_worker(service):
        for n in range(1, 6):
            await service.send_events(*(event_message(subject, n, to=who) for subject in subjects))
        await wait_until(lambda: len({one.id for one in receiver.requests}) == 200)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert len(receiver.requests) == 200
    for subject in subjects:
        assert [one.sequence for one in receiver.requests_about(subject)] == [1, 2, 3, 4, 5]
