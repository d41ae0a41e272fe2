"""The feed: in order, without gaps, without events of other parties."""

import asyncio
import random
from typing import Any
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


async def read_progress(service: Service, after: int | None = None, seconds: int = 0) -> tuple[int, Any]:
    query = {"seconds": str(seconds)} | ({} if after is None else {"after": str(after)})
    response = await service.http.get("/internal/feed-progress", params=query, headers=service.headers_as_gateway())
    assert response.status_code == 200, response.text
    return response.json()["position"], response.json()["parties"]


async def test_progress_names_each_party_that_has_an_event_once(service: Service) -> None:
    who, other, nobody = party(), party(), party()
    begin, _ = await read_progress(service)
    await service.send_events(*(event_message(to=one) for one in (who, other, who)))
    last, parties = await read_progress(service, begin)
    assert (last, sorted(parties)) == (begin + 3, sorted(map(str, (who.id, other.id))))
    await service.send_events(event_message(to=other))
    assert await read_progress(service, last) == (last + 1, [str(other.id)])
    assert await read_progress(service, last + 1) == (last + 1, [])
    assert (await service.read_feed(nobody))[0] == []


async def test_progress_covers_a_limited_number_of_events(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_EVENTS", 2)
    parties = [party() for _ in range(3)]
    begin, _ = await read_progress(service)
    await service.send_events(*(event_message(to=one) for one in parties))
    position, first = await read_progress(service, begin)
    last, second = await read_progress(service, position)
    assert (position, last) == (begin + 2, begin + 3)
    assert sorted(first + second) == sorted(str(one.id) for one in parties)


async def test_progress_with_too_many_parties_names_none(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_PARTIES", 2)
    begin, _ = await read_progress(service)
    await service.send_events(*(event_message(to=party()) for _ in range(2)))
    position, parties = await read_progress(service, begin)
    assert len(parties) == 2
    await service.send_events(*(event_message(to=party()) for _ in range(3)))
    assert await read_progress(service, position) == (position + 3, None)


async def test_progress_without_a_known_position_may_concern_any_party(service: Service) -> None:
    await service.send_events(event_message(to=party()))
    last, parties = await read_progress(service)
    assert parties is None
    assert await read_progress(service, last + 7, seconds=30) == (last, None), "the feed was restored"


async def test_progress_that_waits_returns_with_the_first_event(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL", 60.0)
    who = party()
    begin, _ = await read_progress(service)
    waiting = asyncio.create_task(read_progress(service, begin, seconds=30))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await service.send_events(event_message(to=who))
    async with asyncio.timeout(20):
        assert await waiting == (begin + 1, [str(who.id)])


async def test_progress_that_waits_sees_events_of_another_process(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed.FeedSignal, "notify", lambda _: None)
    who = party()
    begin, _ = await read_progress(service)
    waiting = asyncio.create_task(read_progress(service, begin, seconds=30))
    await asyncio.sleep(0.1)
    await service.send_events(event_message(to=who))
    async with asyncio.timeout(20):
        assert await waiting == (begin + 1, [str(who.id)])


async def test_progress_without_events_returns_after_its_wait(service: Service) -> None:
    begin, _ = await read_progress(service)
    assert await read_progress(service, begin, seconds=1) == (begin, [])


async def test_progress_is_for_the_gateway_only(service: Service) -> None:
    response = await service.http.get("/internal/feed-progress", headers=service.headers_as_permits())
    assert (response.status_code, response.json()["code"]) == (403, "service-not-allowed")


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
