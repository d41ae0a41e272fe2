"""Receivers that fail: deliveries are repeated under the same id, given up visibly, or stopped at their request."""

from datetime import timedelta
from uuid import uuid4

from aiohttp import web

from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


async def test_delivery_that_fails_twice_is_repeated_under_one_id_in_order(
    service: Service, receiver: Receiver
) -> None:
    who, subject, other = party(), f"declaration:{uuid4()}", f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    messages = [event_message(subject, n, to=who) for n in (1, 2, 3)]

    async def twice(received: WebhookRequest) -> web.Response | None:
        tries = [one for one in receiver.requests if one.id == str(messages[0].id)]
        return web.Response(status=503, text="not yet") if received is tries[-1] and len(tries) <= 2 else None

    receiver.respond = lambda received: twice(received) if received.id == str(messages[0].id) else nothing()
    await service.send_events(*messages, event_message(other, 1, to=who))
    async with running_worker(service, schedule=[timedelta(seconds=0.3)] * 3):
        await wait_until(lambda: receiver.requests_about(other))
        assert len(receiver.requests_about(subject)) == 1, "the other subject waited for the failing one"
        await wait_until(lambda: len(receiver.requests_about(subject)) == 5)
    assert [one.sequence for one in receiver.requests_about(subject)] == [1, 1, 1, 2, 3]
    assert len({one.id for one in receiver.requests_about(subject)[:3]}) == 1
    delivery = await service.deliveries(who, made["id"], status="delivered")
    first = next(one for one in delivery if one["event_id"] == str(messages[0].id))
    assert [attempt["status"] for attempt in first["attempts"]] == [503, 503, 200]
    assert first["attempts"][0]["answer"] == "not yet"
    assert first["attempts"][0]["reason"] == "answered 503"


async def nothing() -> None:
    return None


async def test_delivery_after_the_last_attempt_is_given_up_and_its_queue_continues(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    refusing = True

    async def refuse(received: WebhookRequest) -> web.Response | None:
        return web.Response(status=400) if refusing and received.sequence == 1 else None

    receiver.respond = refuse
    await service.send_events(event_message(subject, 1, to=who), event_message(subject, 2, to=who))
    async with running_worker(service, schedule=[timedelta(seconds=0.01)] * 2):
        await wait_until(lambda: [one.sequence for one in receiver.requests] == [1, 1, 1, 2])
        await wait_until(lambda: given_up(service, who, made["id"]))
        [given] = await service.deliveries(who, made["id"], status="given_up")
        assert [attempt["status"] for attempt in given["attempts"]] == [400] * 3
        refusing = False
        retried = await service.http.post(f"/v1/deliveries/{given['id']}/retry", headers=service.headers_as(who))
        assert (retried.status_code, retried.json()["status"]) == (202, "pending")
        await wait_until(lambda: len(receiver.requests) == 5)
    assert receiver.requests[-1].id == given["event_id"]
    assert await service.deliveries(who, made["id"], status="given_up") == []


async def given_up(service: Service, who: object, endpoint: str) -> bool:
    return bool(await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'given_up'"))


async def test_retry_after_that_is_longer_is_honoured(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def later(received: WebhookRequest) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "3600"})

    receiver.respond = later
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    waits = await service.scalar("SELECT extract(epoch FROM due_at - now()) FROM delivery_queues")
    assert 3500 < waits <= 3600
    assert len(receiver.requests) == 1
    [pending] = await service.deliveries(who, made["id"], status="pending")
    assert pending["attempts"][0]["status"] == 429


async def test_endpoint_that_responds_410_is_disabled_and_its_owner_notified(
    service: Service, receive: OpenReceiver
) -> None:
    who, gone, well = party(), await receive(), await receive()

    async def leave(received: WebhookRequest) -> web.Response:
        return web.Response(status=410)

    gone.respond = leave
    left = await service.endpoint(who, gone.url)
    await service.endpoint(who, well.url, "endpoint.*")
    await service.send_events(event_message(to=who))
    async with running_worker(service, schedule=[timedelta(hours=1)]):
        await wait_until(lambda: well.requests)
        await service.send_events(event_message(to=who))
        assert len(gone.requests) == 1
    assert well.requests[0].message["type"] == "endpoint.disabled"
    assert well.requests[0].message["data"]["endpoint_id"] == left["id"]
    shown = (await service.http.get(f"{WHERE}/{left['id']}", headers=service.headers_as(who))).json()
    assert shown["status"] == "disabled"
    assert "410" in shown["reason"]
    assert "endpoint.disabled" in [event["type"] for event in (await service.read_feed(who))[0]]
    gone.respond = None
    change = {**service.headers_as(who), "If-Match": "*"}
    woken = await service.http.patch(f"{WHERE}/{left['id']}", json={"paused": False}, headers=change)
    assert woken.json()["status"] == "active"
    async with running_worker(service):
        await wait_until(lambda: len(gone.requests) == 4)
    assert gone.requests[0].id in {one.id for one in gone.requests[1:]}
    kinds = sorted(one.message["type"] for one in gone.requests[1:])
    assert kinds == ["declaration.accepted", "declaration.accepted", "endpoint.disabled"], (
        "events during the outage are delivered too"
    )


async def test_redirects_are_not_followed(service: Service, receive: OpenReceiver) -> None:
    who, first, inside = party(), await receive(), await receive()

    async def away(received: WebhookRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": inside.url})

    first.respond = away
    made = await service.endpoint(who, first.url)
    await service.send_events(event_message(to=who))
    async with running_worker(service, schedule=[timedelta(hours=1)]):
        await wait_until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    assert inside.requests == []
    [delivery] = await service.deliveries(who, made["id"])
    assert delivery["attempts"][0]["reason"] == "answered 307: redirects are not followed"


async def test_endless_response_is_read_to_4_kb_and_counts_by_its_status(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def pour(received: WebhookRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(received.request)
        for _ in range(2000):
            await response.write(b"x" * 100_000)
        return response

    receiver.respond = pour
    await service.send_events(event_message(to=who))
    async with running_worker(service, schedule=[timedelta(hours=1)]):
        await wait_until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    [delivery] = await service.deliveries(who, made["id"])
    assert len(delivery["attempts"][0]["answer"]) == 4096


async def test_incomplete_response_counts_as_failure(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def cut(received: WebhookRequest) -> web.StreamResponse | None:
        if len(receiver.requests) > 1:
            return None
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(received.request)
        await response.write(b"th")
        assert received.request.transport is not None
        received.request.transport.close()
        return response

    receiver.respond = cut
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 2)
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    [delivery] = await service.deliveries(who, made["id"])
    assert [attempt["status"] for attempt in delivery["attempts"]] == [None, 200]
    assert len({one.id for one in receiver.requests}) == 1


async def test_410_from_an_earlier_url_does_not_disable_the_endpoint(service: Service, receive: OpenReceiver) -> None:
    who, old, new = party(), await receive(), await receive()
    made = await service.endpoint(who, old.url)
    where, change = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}

    async def move(received: WebhookRequest) -> web.Response:
        moved = await service.http.patch(where, json={"url": new.url}, headers=change)
        assert moved.status_code == 200
        return web.Response(status=410)

    old.respond = move
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: new.requests)
    assert (await service.http.get(where, headers=service.headers_as(who))).json()["status"] == "active"
