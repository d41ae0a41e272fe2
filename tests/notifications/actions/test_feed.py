"""The feed: in order, without gaps, without events of other parties."""

import asyncio
import random
from uuid import uuid4

import pytest

from services.notifications.actions import feed
from services.notifications.store import events
from tests.notifications.conftest import Service, event_message, party
from tests.waiting import WAIT_SECONDS


async def test_feed_reader_during_intakes_reads_each_event_once_in_order(service: Service) -> None:
    who = party()
    subjects = [f"declaration:{uuid4()}" for _ in range(8)]
    messages = [event_message(subject, n, to=who) for subject in subjects for n in range(1, 26)]
    random.Random(4).shuffle(messages)
    done = asyncio.Event()

    async def receive_events() -> None:
        await asyncio.gather(*(service.send_events(*messages[k : k + 5]) for k in range(0, len(messages), 5)))
        done.set()

    async def read() -> list[str]:
        seen, cursor = [], ""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                ending = done.is_set()
                found, cursor = await service.read_feed(who, cursor, limit="7")
                seen += [event["id"] for event in found]
                if ending and not found:
                    return seen

    _, seen, again = await asyncio.gather(receive_events(), read(), read())
    assert sorted(seen) == sorted(str(message.id) for message in messages)
    assert seen == again


async def test_feed_positions_have_the_order_of_commits(service: Service) -> None:
    who = party()
    async with service.engine.connect() as slow:
        await slow.begin()
        await events.acquire_intake_lock(slow)
        quick = asyncio.create_task(service.send_events(event_message(to=who)))
        await asyncio.sleep(0.1)
        assert not quick.done()
        assert (await service.read_feed(who))[0] == []
        await slow.rollback()
        assert await quick == ["taken"]
    assert len((await service.read_feed(who))[0]) == 1


async def test_feed_cursor_moves_past_events_of_other_parties(service: Service) -> None:
    who, other = party(), party()
    await service.send_events(*(event_message(to=other) for _ in range(5)))
    found, cursor = await service.read_feed(who)
    assert found == []
    await service.send_events(event_message(to=who))
    found, further = await service.read_feed(who, cursor)
    assert len(found) == 1
    assert further != cursor
    assert (await service.read_feed(who, further)) == ([], further)


async def test_feed_can_be_limited_to_event_types(service: Service) -> None:
    who = party()
    kinds = ["declaration.accepted", "declaration.released", "permit.used", "permit.revoked"]
    await service.send_events(*(event_message(kind=kind, to=who) for kind in kinds))
    found, _ = await service.read_feed(who, types="declaration.*,permit.used")
    assert {event["type"] for event in found} == set(kinds[:3])
    found, cursor = await service.read_feed(who, types="permit.*", limit="1")
    found += (await service.read_feed(who, cursor, types="permit.*"))[0]
    assert {event["type"] for event in found} == set(kinds[2:])


async def test_long_poll_returns_with_the_first_event(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "POLL", 60.0)
    who = party()
    waiting = asyncio.create_task(
        service.http.get("/v1/events", headers={**service.headers_as(who), "Prefer": "respond-async, wait=30"})
    )
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await service.send_events(event_message(to=who))
    response = await asyncio.wait_for(waiting, 10)
    assert len(response.json()["data"]) == 1
    assert response.headers["Preference-Applied"] == "wait=30"


async def test_long_poll_without_events_returns_a_cursor(service: Service) -> None:
    response = await service.http.get("/v1/events", headers={**service.headers_as(party()), "Prefer": "wait=1"})
    assert response.json()["data"] == []
    assert response.json()["next_cursor"]


@pytest.mark.parametrize(
    "query",
    [
        {"after": "no cursor"},
        {"after": "eA"},
        {"limit": "0"},
        {"limit": "201"},
        {"types": "DROP TABLE"},
        {"types": "parcel.*"},
        {"types": "permit.eaten"},
    ],
)
async def test_feed_request_with_wrong_parameter_is_a_400(service: Service, query: dict[str, str]) -> None:
    response = await service.http.get("/v1/events", params=query, headers=service.headers_as(party()))
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
