"""Delivery to real receivers: signed, in order, again and again, and nobody waits for anybody."""

import asyncio
import base64
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.notifications.conftest import Heard, Receive, Receiver, Service, news, party, until, working

WHERE = "/v1/webhook-endpoints"


async def test_a_partners_own_library_verifies_what_it_hears(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    letter = news(to=who, note="é")
    await service.tell(letter)
    async with working(service.engine):
        await until(lambda: receiver.heard)
    [heard] = receiver.heard
    assert Webhook(made["secret"]).verify(heard.body, heard.headers) == heard.message
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(heard.body.replace(b"accepted", b"rejected"), heard.headers)
    assert heard.id == str(letter.id)
    assert heard.headers["content-type"] == "application/json"
    assert abs(int(heard.headers["webhook-timestamp"]) - time.time()) < 60
    assert heard.message["data"] == {**letter.data, "sequence": 1}
    [delivery] = await service.deliveries(who, made["id"], status="delivered")
    [attempt] = delivery["attempts"]
    assert (attempt["status"], attempt["reason"]) == (200, None)
    assert attempt["duration_ms"] >= 0


async def test_after_a_rotation_old_and_new_secret_both_verify(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    rotated = await service.http.post(f"{WHERE}/{made['id']}/rotate-secret", headers=service.as_(who))
    await service.tell(news(to=who))
    async with working(service.engine):
        await until(lambda: receiver.heard)
    for secret in (made["secret"], rotated.json()["secret"]):
        Webhook(secret).verify(receiver.heard[0].body, receiver.heard[0].headers)
    stranger = "whsec_" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(receiver.heard[0].body, receiver.heard[0].headers)


async def test_a_receiver_that_fails_twice_hears_it_again_under_one_id_and_in_order(
    service: Service, receiver: Receiver
) -> None:
    who, subject, other = party(), f"declaration:{uuid4()}", f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    letters = [news(subject, n, to=who) for n in (1, 2, 3)]

    async def twice(heard: Heard) -> web.Response | None:
        tries = [one for one in receiver.heard if one.id == str(letters[0].id)]
        return web.Response(status=503, text="not yet") if heard is tries[-1] and len(tries) <= 2 else None

    receiver.behave = lambda heard: twice(heard) if heard.id == str(letters[0].id) else nothing()
    await service.tell(*letters, news(other, 1, to=who))
    async with working(service.engine, schedule=[timedelta(seconds=0.3)] * 3):
        await until(lambda: receiver.subject(other))
        assert len(receiver.subject(subject)) == 1, "the other subject waited for the failing one"
        await until(lambda: len(receiver.subject(subject)) == 5)
    assert [one.sequence for one in receiver.subject(subject)] == [1, 1, 1, 2, 3]
    assert len({one.id for one in receiver.subject(subject)[:3]}) == 1
    delivery = await service.deliveries(who, made["id"], status="delivered")
    first = next(one for one in delivery if one["event_id"] == str(letters[0].id))
    assert [attempt["status"] for attempt in first["attempts"]] == [503, 503, 200]
    assert first["attempts"][0]["answer"] == "not yet"
    assert first["attempts"][0]["reason"] == "answered 503"


async def nothing() -> None:
    return None


async def test_a_receiver_that_hangs_delays_nobody_else(service: Service, receive: Receive) -> None:
    who, neighbour = party(), party()
    hanging, well = await receive(), await receive()
    over = asyncio.Event()

    async def hang(heard: Heard) -> None:
        await over.wait()

    hanging.behave = hang
    await service.endpoint(who, hanging.url)
    await service.endpoint(neighbour, well.url)
    await service.tell(*(news(to=who) for _ in range(60)))
    async with working(service.engine, limit=64):
        await until(lambda: hanging.heard)
        await service.tell(*(news(to=neighbour) for _ in range(100)))
        await until(lambda: len(well.heard) == 100)
        assert len(hanging.heard) < 60, "a receiver that answers nothing has only its share"
        over.set()
        await until(lambda: len({one.id for one in hanging.heard}) == 60)


async def test_a_letter_that_hangs_delays_no_other_subject_of_its_endpoint(
    service: Service, receiver: Receiver
) -> None:
    who, stuck = party(), f"declaration:{uuid4()}"
    over = asyncio.Event()

    async def hang(heard: Heard) -> None:
        if heard in receiver.subject(stuck):
            await over.wait()

    receiver.behave = hang
    await service.endpoint(who, receiver.url)
    await service.tell(news(stuck, 1, to=who), news(stuck, 2, to=who))
    async with working(service.engine):
        await until(lambda: receiver.subject(stuck))
        await service.tell(*(news(to=who) for _ in range(50)))
        await until(lambda: len(receiver.heard) == 51)
        assert [one.sequence for one in receiver.subject(stuck)] == [1]
        over.set()
        await until(lambda: len(receiver.subject(stuck)) == 2)


async def test_what_the_schedule_exhausts_is_given_up_visibly_and_the_lane_goes_on(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    refusing = True

    async def refuse(heard: Heard) -> web.Response | None:
        return web.Response(status=400) if refusing and heard.sequence == 1 else None

    receiver.behave = refuse
    await service.tell(news(subject, 1, to=who), news(subject, 2, to=who))
    async with working(service.engine, schedule=[timedelta(seconds=0.01)] * 2):
        await until(lambda: [one.sequence for one in receiver.heard] == [1, 1, 1, 2])
        await until(lambda: given_up(service, who, made["id"]))
        [given] = await service.deliveries(who, made["id"], status="given_up")
        assert [attempt["status"] for attempt in given["attempts"]] == [400] * 3
        refusing = False
        retried = await service.http.post(f"/v1/deliveries/{given['id']}/retry", headers=service.as_(who))
        assert (retried.status_code, retried.json()["status"]) == (202, "pending")
        await until(lambda: len(receiver.heard) == 5)
    assert receiver.heard[-1].id == given["event_id"]
    assert await service.deliveries(who, made["id"], status="given_up") == []


async def given_up(service: Service, who: object, endpoint: str) -> bool:
    return bool(await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'given_up'"))


async def test_retry_after_is_honoured_where_it_is_longer(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def later(heard: Heard) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "3600"})

    receiver.behave = later
    await service.tell(news(to=who))
    async with working(service.engine):
        await until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    waits = await service.scalar("SELECT extract(epoch FROM due_at - now()) FROM lanes")
    assert 3500 < waits <= 3600
    assert len(receiver.heard) == 1
    [pending] = await service.deliveries(who, made["id"], status="pending")
    assert pending["attempts"][0]["status"] == 429


async def test_410_disables_the_endpoint_and_its_owner_hears_so_by_other_ways(
    service: Service, receive: Receive
) -> None:
    who, gone, well = party(), await receive(), await receive()

    async def leave(heard: Heard) -> web.Response:
        return web.Response(status=410)

    gone.behave = leave
    left = await service.endpoint(who, gone.url)
    await service.endpoint(who, well.url, "endpoint.*")
    await service.tell(news(to=who))
    async with working(service.engine, schedule=[timedelta(hours=1)]):
        await until(lambda: well.heard)
        await service.tell(news(to=who))
        assert len(gone.heard) == 1
    assert well.heard[0].message["type"] == "endpoint.disabled"
    assert well.heard[0].message["data"]["endpoint_id"] == left["id"]
    shown = (await service.http.get(f"{WHERE}/{left['id']}", headers=service.as_(who))).json()
    assert shown["status"] == "disabled"
    assert "410" in shown["reason"]
    assert "endpoint.disabled" in [event["type"] for event in (await service.pull(who))[0]]
    gone.behave = None
    change = {**service.as_(who), "If-Match": "*"}
    woken = await service.http.patch(f"{WHERE}/{left['id']}", json={"paused": False}, headers=change)
    assert woken.json()["status"] == "active"
    async with working(service.engine):
        await until(lambda: len(gone.heard) == 2)
    assert gone.heard[0].id == gone.heard[1].id


async def test_while_paused_letters_wait_and_then_go_in_order(service: Service, receiver: Receiver) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    change = {**service.as_(who), "If-Match": "*"}
    await service.http.patch(f"{WHERE}/{made['id']}", json={"paused": True}, headers=change)
    await service.tell(*(news(subject, n, to=who) for n in (1, 2, 3)))
    async with working(service.engine):
        await asyncio.sleep(0.2)
        assert receiver.heard == []
        await service.http.patch(f"{WHERE}/{made['id']}", json={"paused": False}, headers=change)
        await until(lambda: len(receiver.heard) == 3)
    assert [one.sequence for one in receiver.heard] == [1, 2, 3]


async def test_a_deleted_endpoint_hears_nothing_more(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    await service.tell(news(to=who))
    await service.http.delete(f"{WHERE}/{made['id']}", headers=service.as_(who))
    await service.tell(news(to=who))
    async with working(service.engine):
        await asyncio.sleep(0.2)
    assert receiver.heard == []


async def test_what_waits_for_a_disabled_party_waits(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    await service.tell(news(to=who))
    await service.know(who.model_copy(update={"disabled": True, "version": 2}))
    async with working(service.engine):
        await asyncio.sleep(0.2)
        assert receiver.heard == []
        await service.know(who.model_copy(update={"version": 3}))
        await until(lambda: receiver.heard)


async def test_an_endpoint_hears_the_types_it_listens_to(service: Service, receive: Receive) -> None:
    who = party()
    all_, family, one = await receive(), await receive(), await receive()
    await service.endpoint(who, all_.url, "*")
    await service.endpoint(who, family.url, "declaration.*")
    await service.endpoint(who, one.url, "permit.used", "declaration.released")
    kinds = ["declaration.accepted", "declaration.released", "permit.used", "permit.revoked"]
    await service.tell(*(news(kind=kind, to=who) for kind in kinds))
    async with working(service.engine):
        await until(lambda: (len(all_.heard), len(family.heard), len(one.heard)) == (4, 2, 2))
    assert {heard.message["type"] for heard in family.heard} == set(kinds[:2])
    assert {heard.message["type"] for heard in one.heard} == set(kinds[1:3])


async def test_a_test_goes_to_its_endpoint_only(service: Service, receive: Receive) -> None:
    who, one, other = party(), await receive(), await receive()
    made = await service.endpoint(who, one.url, "permit.used")
    await service.endpoint(who, other.url, "*")
    tested = await service.http.post(f"{WHERE}/{made['id']}/test", headers=service.as_(who))
    async with working(service.engine):
        await until(lambda: one.heard)
    assert other.heard == []
    assert one.heard[0].id == tested.json()["event_id"]
    assert one.heard[0].message["type"] == "endpoint.test"


async def test_a_replay_sends_everything_again_under_the_same_ids_in_order(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url)
    await service.tell(*(news(subject, n, to=who) for n in (1, 2, 3)))
    async with working(service.engine):
        await until(lambda: service.scalar("SELECT count(*) = 3 FROM deliveries WHERE status = 'delivered'"))
        since = {"since": "2026-01-01T00:00:00Z"}
        await service.http.post(f"{WHERE}/{made['id']}/replay", json=since, headers=service.as_(who))
        await until(lambda: len(receiver.heard) == 6)
    assert [one.sequence for one in receiver.heard] == [1, 2, 3] * 2
    assert [one.id for one in receiver.heard[:3]] == [one.id for one in receiver.heard[3:]]


async def test_two_workers_side_by_side_send_nothing_twice_and_keep_the_order(
    service: Service, receiver: Receiver
) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    subjects = [f"declaration:{uuid4()}" for _ in range(40)]
    async with working(service.engine), working(service.engine):
        for n in range(1, 6):
            await service.tell(*(news(subject, n, to=who) for subject in subjects))
        await until(lambda: len({one.id for one in receiver.heard}) == 200)
        await until(lambda: service.scalar("SELECT count(*) = 0 FROM lanes"))
    assert len(receiver.heard) == 200
    for subject in subjects:
        assert [one.sequence for one in receiver.subject(subject)] == [1, 2, 3, 4, 5]


async def test_redirects_are_not_followed(service: Service, receive: Receive) -> None:
    who, first, inside = party(), await receive(), await receive()

    async def away(heard: Heard) -> web.Response:
        return web.Response(status=307, headers={"Location": inside.url})

    first.behave = away
    made = await service.endpoint(who, first.url)
    await service.tell(news(to=who))
    async with working(service.engine, schedule=[timedelta(hours=1)]):
        await until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    assert inside.heard == []
    [delivery] = await service.deliveries(who, made["id"])
    assert delivery["attempts"][0]["reason"] == "answered 307: redirects are not followed"


async def test_an_answer_without_end_is_read_to_4_kb_and_counts_by_its_status(
    service: Service, receiver: Receiver
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def pour(heard: Heard) -> web.StreamResponse:
        answer = web.StreamResponse(status=500)
        await answer.prepare(heard.request)
        for _ in range(2000):
            await answer.write(b"x" * 100_000)
        return answer

    receiver.behave = pour
    await service.tell(news(to=who))
    async with working(service.engine, schedule=[timedelta(hours=1)]):
        await until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    [delivery] = await service.deliveries(who, made["id"])
    assert len(delivery["attempts"][0]["answer"]) == 4096


async def test_an_answer_that_is_cut_off_is_no_answer(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)

    async def cut(heard: Heard) -> web.StreamResponse | None:
        if len(receiver.heard) > 1:
            return None
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(heard.request)
        await answer.write(b"th")
        assert heard.request.transport is not None
        heard.request.transport.close()
        return answer

    receiver.behave = cut
    await service.tell(news(to=who))
    async with working(service.engine):
        await until(lambda: len(receiver.heard) == 2)
        await until(lambda: service.scalar("SELECT count(*) = 0 FROM lanes"))
    [delivery] = await service.deliveries(who, made["id"])
    assert [attempt["status"] for attempt in delivery["attempts"]] == [None, 200]
    assert len({one.id for one in receiver.heard}) == 1


async def test_replays_retries_and_pauses_race_with_deliveries_and_break_nothing(
    service: Service, receiver: Receiver
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    where, since = f"{WHERE}/{made['id']}", {"since": "2026-01-01T00:00:00Z"}
    subjects = [f"declaration:{uuid4()}" for _ in range(10)]

    async def flaky(heard: Heard) -> web.Response | None:
        return web.Response(status=500) if len(receiver.heard) % 7 == 0 else None

    async def intakes() -> None:
        for n in range(1, 11):
            await service.tell(*(news(subject, n, to=who) for subject in subjects))

    async def owner() -> set[int]:
        answers, header = set(), {**service.as_(who), "If-Match": "*"}
        for _ in range(10):
            answers.add((await service.http.post(f"{where}/replay", json=since, headers=header)).status_code)
            for delivery in (await service.deliveries(who, made["id"]))[:3]:
                again = await service.http.post(f"/v1/deliveries/{delivery['id']}/retry", headers=header)
                answers.add(again.status_code)
            for paused in (True, False):
                changed = await service.http.patch(where, json={"paused": paused}, headers=header)
                answers.add(changed.status_code)
        return answers

    receiver.behave = flaky
    schedule = [timedelta(seconds=0.01)] * 50
    async with working(service.engine, schedule=schedule), working(service.engine, schedule=schedule):
        _, first, second = await asyncio.gather(intakes(), owner(), owner())
        await until(lambda: service.scalar("SELECT count(*) = 0 FROM lanes"), seconds=60)
    assert first | second == {200, 202}
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 100
    assert await service.scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
