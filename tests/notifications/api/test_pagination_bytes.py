"""Pages of the feed and of deliveries are limited in bytes. A reader of all pages misses nothing."""

import json
from typing import Any

from services.cli.databases import Server
from services.notifications.store.deliveries import SHOWN_ATTEMPTS
from shared.contracts.limits import PAGE_BYTES
from tests.notifications.conftest import Service, event_message, party
from tests.superuser import write_as_superuser

LARGE = PAGE_BYTES // 4
ADD_FINDINGS = """
UPDATE events SET body = CAST(
    jsonb_set(CAST(body AS jsonb), '{data,findings}', to_jsonb(repeat('x', CAST($1 AS int)))) AS text)
WHERE position = ANY(CAST($2 AS bigint[]))
"""
ADD_ATTEMPTS = """
INSERT INTO attempts (delivery_id, claim, at, duration_ms, status, reason, answer)
SELECT d.id, gen_random_uuid(), timestamptz '2026-01-01T00:00:00Z' + n * interval '1 minute', 10, 500, NULL,
    repeat('y', 900)
FROM deliveries d, generate_series(1, CAST($1 AS int)) AS n
"""


async def test_feed_pages_are_limited_in_bytes_and_skip_nothing(service: Service, server: Server) -> None:
    who = party()
    messages = [event_message(to=who) for _ in range(10)]
    await service.send_events(*messages)
    await write_as_superuser(server, service.engine, ADD_FINDINGS, LARGE, list(range(3, 10)))
    seen: list[str] = []
    sizes: list[int] = []
    cursor = ""
    for _ in range(20):
        found, cursor = await service.read_feed(who, cursor)
        if not found:
            break
        seen += [event["id"] for event in found]
        sizes.append(len(json.dumps(found)))
    assert sorted(seen) == sorted(str(message.id) for message in messages)
    assert len(seen) == len(set(seen))
    assert len(sizes) > 1
    assert max(sizes) < PAGE_BYTES + 1_000


async def test_feed_of_matching_types_is_limited_in_bytes(service: Service, server: Server) -> None:
    who = party()
    await service.send_events(*(event_message(to=who) for _ in range(6)))
    await write_as_superuser(server, service.engine, ADD_FINDINGS, LARGE, list(range(1, 7)))
    first, cursor = await service.read_feed(who, types="declaration.*")
    rest, _ = await service.read_feed(who, cursor, types="declaration.*")
    assert (len(first), len(rest)) == (3, 3)


async def test_stored_event_longer_than_a_page_is_served_without_its_findings(service: Service, server: Server) -> None:
    who = party()
    messages = [event_message(to=who) for _ in range(3)]
    await service.send_events(*messages)
    await write_as_superuser(server, service.engine, ADD_FINDINGS, 16 * PAGE_BYTES, [2])
    seen: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(4):
        found, cursor = await service.read_feed(who, cursor)
        seen += found
    assert sorted(event["id"] for event in seen) == sorted(str(message.id) for message in messages)
    assert all("findings" not in event["data"] and event["data"]["status"] == "accepted" for event in seen)


async def test_pages_of_deliveries_are_limited_in_bytes_and_show_the_newest_attempts(
    service: Service, server: Server
) -> None:
    who = party()
    await service.send_parties(who)
    endpoint = await service.endpoint(who, "https://receiver.example/hook")
    await service.send_events(*(event_message(to=who) for _ in range(30)))
    await write_as_superuser(server, service.engine, ADD_ATTEMPTS, SHOWN_ATTEMPTS + 5)
    seen: list[str] = []
    pages = 0
    query = {"limit": "200"}
    for _ in range(30):
        path = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"
        response = await service.http.get(path, params=query, headers=service.headers_as(who))
        assert len(response.content) < PAGE_BYTES + 100
        page = response.json()
        for delivery in page["data"]:
            times = [attempt["at"] for attempt in delivery["attempts"]]
            assert len(times) == SHOWN_ATTEMPTS
            assert (times[0], times[-1]) == ("2026-01-01T00:06:00.000000Z", "2026-01-01T00:55:00.000000Z")
        seen += [delivery["id"] for delivery in page["data"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        query = {"limit": "200", "cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 30
    assert pages == 2
