"""Withdrawals overtake deliveries that fail; every other event keeps the order of its subject."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from services.notifications.domain.withdrawals import WITHDRAWALS
from shared.cites.events import EventType
from shared.contracts.messages import EventMessage
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"
MONTH = str(30 * 86_400)


def _permit_event(subject: str, sequence: int, kind: EventType, who: Any) -> EventMessage:
    return event_message(subject, sequence, kind, to=who, permit_id=subject.partition(":")[2])


def _refuse(receiver: Receiver, *sequences: int) -> None:
    """Configure the receiver: it refuses these events for a month."""

    async def respond(received: WebhookRequest) -> web.Response | None:
        if received.sequence not in sequences:
            return None
        return web.Response(status=503, headers={"Retry-After": MONTH})

    receiver.respond = respond


def _received(receiver: Receiver) -> list[int]:
    return [received.sequence for received in receiver.requests]


async def _wait_until_failed(service: Service) -> None:
    await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM delivery_queues WHERE attempts = 1"))


@pytest.mark.parametrize("kind", sorted(WITHDRAWALS))
async def test_withdrawal_after_a_failure_overtakes_the_failing_delivery(
    service: Service, receiver: Receiver, kind: EventType
) -> None:
    who, subject = party(), f"{kind.family}:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    _refuse(receiver, 1)
    async with running_worker(service):
        await service.send_events(_permit_event(subject, 1, EventType.PERMIT_USED, who))
        await _wait_until_failed(service)
        await service.send_events(_permit_event(subject, 2, kind, who))
        await wait_until(lambda: _received(receiver) == [1, 2])
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM delivery_queues"))
    days = await service.scalar("SELECT extract(epoch FROM due_at - now()) / 86400 FROM delivery_queues")
    assert 29 < days <= 30, "the failing delivery keeps the wait that its receiver requested"
    assert await service.scalar("SELECT attempts FROM delivery_queues") == 1
    shown = {one["type"]: (one["subject"], one["status"]) for one in await service.deliveries(who, made["id"])}
    assert shown == {"permit.used": (subject, "pending"), kind: (subject, "delivered")}


async def test_withdrawal_before_the_first_failure_overtakes_the_failing_delivery(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    await service.endpoint(who, receiver.url)
    _refuse(receiver, 1)
    kinds = (EventType.PERMIT_USED, EventType.PERMIT_LOST, EventType.PERMIT_FOUND, EventType.PERMIT_REVOKED)
    await service.send_events(*(_permit_event(subject, n, kind, who) for n, kind in enumerate(kinds, 1)))
    async with running_worker(service):
        await wait_until(lambda: _received(receiver) == [1, 2, 4])
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM delivery_queues"))
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'pending'") == 2, "3 waits behind 1"


async def test_withdrawal_overtakes_a_withdrawal_that_fails(service: Service, receiver: Receiver) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    await service.endpoint(who, receiver.url, format="cloudevents")

    async def respond(received: WebhookRequest) -> web.Response | None:
        assert received.headers["ce-subject"] == subject
        if received.headers["ce-sequence"] == "4":
            return None
        return web.Response(status=503, headers={"Retry-After": MONTH})

    receiver.respond = respond
    kinds = (EventType.PERMIT_USED, EventType.PERMIT_LOST)
    async with running_worker(service):
        await service.send_events(*(_permit_event(subject, n, kind, who) for n, kind in enumerate(kinds, 1)))
        await wait_until(lambda: service.scalar("SELECT count(*) = 2 FROM delivery_queues WHERE attempts = 1"))
        kinds = (EventType.PERMIT_FOUND, EventType.PERMIT_REVOKED)
        await service.send_events(*(_permit_event(subject, n, kind, who) for n, kind in enumerate(kinds, 3)))
        await wait_until(lambda: len(receiver.requests) == 3)
        await wait_until(lambda: service.scalar("SELECT count(*) = 2 FROM delivery_queues WHERE attempts = 1"))
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 1
    assert await service.scalar("SELECT min(due_at) > now() + interval '29 days' FROM delivery_queues")


async def test_withdrawal_keeps_the_order_of_its_subject_without_a_failure(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    await service.endpoint(who, receiver.url)
    kinds = (EventType.PERMIT_ISSUED, EventType.PERMIT_ENDORSED, EventType.PERMIT_REVOKED)
    await service.send_events(*(_permit_event(subject, n, kind, who) for n, kind in enumerate(kinds, 1)))
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 3)
    assert _received(receiver) == [1, 2, 3]


async def test_withdrawal_that_fails_is_repeated_and_other_events_stay_in_order(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    await service.endpoint(who, receiver.url)
    _refuse(receiver, 1)
    failed: list[int] = []

    async def respond(received: WebhookRequest) -> web.Response | None:
        if received.sequence == 1:
            return web.Response(status=503, headers={"Retry-After": MONTH})
        failed.append(received.sequence)
        return web.Response(status=503) if len(failed) == 1 else None

    receiver.respond = respond
    async with running_worker(service):
        await service.send_events(_permit_event(subject, 1, EventType.PERMIT_USED, who))
        await _wait_until_failed(service)
        await service.send_events(_permit_event(subject, 2, EventType.PERMIT_REVOKED, who))
        await service.send_events(_permit_event(subject, 3, EventType.PERMIT_EXPIRED, who))
        await wait_until(lambda: _received(receiver) == [1, 2, 2])
    assert len({received.id for received in receiver.requests[1:]}) == 1


async def test_withdrawal_that_overtook_has_its_own_subject_and_can_be_sent_again(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    made = await service.endpoint(who, receiver.url, format="cloudevents")

    async def respond(received: WebhookRequest) -> web.Response | None:
        if received.headers["ce-sequence"] != "1":
            return None
        return web.Response(status=503, headers={"Retry-After": MONTH})

    receiver.respond = respond
    used = _permit_event(subject, 1, EventType.PERMIT_USED, who)
    async with running_worker(service):
        await service.send_events(used)
        await _wait_until_failed(service)
        await service.send_events(_permit_event(subject, 2, EventType.PERMIT_REVOKED, who))
        await wait_until(lambda: len(receiver.requests) == 2)
        assert receiver.requests[1].headers["ce-subject"] == subject
        # A replay sends nothing for a delivery in flight, so the worker must have settled the withdrawal.
        await wait_until(lambda: service.scalar("SELECT count(*) = 1 FROM delivery_queues"))
        receiver.respond = None
        since = (used.at - timedelta(minutes=1)).isoformat()
        replay = await service.http.post(
            f"{WHERE}/{made['id']}/replay", json={"since": since}, headers=service.headers_as(who)
        )
        assert replay.json()["deliveries"] == 2
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    assert [received.headers["ce-sequence"] for received in receiver.requests[2:]] == ["1", "2"]
