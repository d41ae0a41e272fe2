"""The options of an endpoint: filters, headers, a rate limit, another format."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.domain.rate_limit import allowance, next_send_time
from shared.contracts.messages import Audience
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"
SKINS: dict[str, Any] = {"countries": ("FR", "ZA"), "permits": ("ZA/ZA-2026-1",), "taxa": ("Crocodylus niloticus",)}
PLANTS: dict[str, Any] = {"countries": ("FR", "MG"), "permits": ("MG/MG-1",), "taxa": ("Aloe suzannae",)}


@pytest.mark.parametrize(
    ("filters", "received"),
    [
        ({}, 2),
        ({"countries": ["ZA"]}, 1),
        ({"countries": ["ZA", "MG"]}, 2),
        ({"countries": ["BE"]}, 0),
        ({"permits": ["ZA-2026-1"]}, 1),
        ({"permits": ["ZA/ZA-2026-1"]}, 1),
        ({"permits": ["MG/ZA-2026-1"]}, 0),
        ({"taxa": ["crocodylus  niloticus"]}, 1),
        ({"taxa": ["Crocodylus spp."]}, 1),
        ({"taxa": ["Crocodylus"], "countries": ["MG"]}, 0),
        ({"taxa": ["Aloe"], "countries": ["MG"], "permits": ["MG-1"]}, 1),
    ],
)
async def test_endpoint_receives_events_that_match_its_filters(
    service: Service, filters: dict[str, Any], received: int
) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/", filters=filters)
    for about in (SKINS, PLANTS):
        await service.send_events(event_message(audience=Audience(parties=(who.id,), **about)))
    assert made["filters"] == {"countries": [], "permits": [], "taxa": [], **filters}
    assert len(await service.deliveries(who, made["id"])) == received
    assert len((await service.read_feed(who))[0]) == 2, "the feed is not filtered by an endpoint's wishes"


async def test_permit_filter_matches_the_data_of_an_event(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/", filters={"permits": ["ZA-9"], "countries": ["ZA"]})
    await service.send_events(event_message(kind="permit.used", to=who, issuer="ZA", number="ZA-9"))
    await service.send_events(event_message(kind="permit.used", to=who, issuer="ZA", number="ZA-8"))
    assert len(await service.deliveries(who, made["id"])) == 1


async def test_custom_headers_are_sent_and_stored_sealed(service: Service, receiver: Receiver) -> None:
    who = party()
    headers = {"Authorization": "Bearer partner-token", "X-Tenant": "7"}
    made = await service.endpoint(who, receiver.url, headers=headers)
    assert made["headers"] == {"Authorization": "…", "X-Tenant": "…"}, "the values are write-only"
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: receiver.requests)
    assert receiver.requests[0].headers["authorization"] == "Bearer partner-token"
    assert receiver.requests[0].headers["x-tenant"] == "7"
    assert "partner-token" not in await service.scalar("SELECT string_agg(e::text, '') FROM endpoints e")
    assert "partner-token" not in await service.scalar("SELECT string_agg(c.body, '') FROM commands c")


async def test_header_value_is_in_no_response(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/", headers={"X-Key": "partner-token"})
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    responses = [
        await service.http.get(where, headers=header),
        await service.http.get(WHERE, headers=header),
        await service.http.patch(where, json={"description": "Mine"}, headers=header),
        await service.http.patch(where, json={"headers": {"X-Key": "partner-token"}}, headers=header),
    ]
    for response in responses:
        assert response.status_code == 200, response.text
        assert "X-Key" in response.text
        assert "partner-token" not in response.text
    shown = responses[0].json()["headers"]
    returned = await service.http.patch(where, json={"headers": shown}, headers=header)
    assert returned.status_code == 422, "a client that sends back what it read would replace the value"


async def test_headers_do_not_follow_a_changed_url(service: Service, receive: OpenReceiver) -> None:
    who, old, new = party(), await receive(), await receive()
    made = await service.endpoint(who, old.url, headers={"X-Key": "of-the-old"})
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    same = await service.http.patch(where, json={"url": old.url}, headers=header)
    assert same.json()["headers"] == {"X-Key": "…"}
    moved = await service.http.patch(where, json={"url": new.url, "headers": None}, headers=header)
    assert moved.json()["headers"] == {}
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: new.requests)
    assert "x-key" not in new.requests[0].headers
    back = await service.http.patch(where, json={"url": old.url, "headers": {"X-Key": "again"}}, headers=header)
    assert back.json()["headers"] == {"X-Key": "…"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "close"},
        {"transfer-encoding": "chunked"},
        {"Host": "elsewhere"},
        {"Content-Length": "1"},
        {"Content-Type": "text/plain"},
        {"Webhook-Signature": "v1,x"},
        {"webhook-id": "x"},
        {"ce-type": "x"},
        {"Proxy-Authorization": "x"},
        {"X-A": "one\r\nX-B: two"},
        {"X A": "1"},
        {"X-A": ""},
        {"X-A": "1", "x-a": "2"},
        {f"X-{n}": "1" for n in range(21)},
        {f"X-{n}": "a" * 900 for n in range(6)},
    ],
)
async def test_headers_of_the_hub_and_too_many_headers_are_refused(service: Service, headers: dict[str, str]) -> None:
    new = {"url": "https://example.com/", "headers": headers}
    response = await service.http.post(WHERE, json=new, headers=service.headers_as(party()))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/headers")
    assert "[key]" not in response.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://example.com/", "https://host/path"),
        ("https://example.com/a b", "without blanks"),
        ("https://example.com/é", "percent-encoded"),
        ("https://exämple.com/", "xn--"),
        ("https://example.com:0/", "port 0"),
    ],
)
async def test_url_that_is_wrong_is_refused_with_the_expected_form(service: Service, url: str, expected: str) -> None:
    response = await service.http.post(WHERE, json={"url": url}, headers=service.headers_as(party()))
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/url"]
    assert expected in response.json()["errors"][0]["detail"]


async def test_url_scheme_may_have_any_case(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url.replace("http", "HTTP", 1))
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_types": ["declaration.eaten"]},
        {"event_types": ["parcel.*"]},
        {"filters": {"countries": ["fr"]}},
        {"filters": {"species": ["Aloe"]}},
        {"filters": {"taxa": [" "]}},
        {"filters": {"taxa": ["Aloe", "spp."]}},
        {"rate_limit": 0},
        {"rate_limit": "5"},
        {"format": "xml"},
    ],
)
async def test_unknown_option_is_refused_with_its_place(service: Service, wrong: dict[str, Any]) -> None:
    new = {"url": "https://example.com/", **wrong}
    response = await service.http.post(WHERE, json=new, headers=service.headers_as(party()))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")


async def test_rate_limit_of_an_endpoint_holds_across_workers(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url, rate_limit=20)
    await service.send_events(*(event_message(to=who) for _ in range(50)))
    async with running_worker(service), running_worker(service), running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 50)
    took = await service.scalar("SELECT extract(epoch FROM max(at) - min(at)) FROM attempts")
    assert took > 1.5, "48 of 50 wait at 20 per second, 2.4 s; workers with limits of their own need a third"


def test_rate_limit_is_even_and_survives_a_clock_set_back() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert allowance(5, None, at) == 1
    free = next_send_time(5, None, at, 1)
    assert allowance(5, free, at) == 0
    assert allowance(5, free, at + timedelta(milliseconds=200)) == 1
    assert allowance(5, free, at + timedelta(days=1)) == 1
    assert allowance(5, free, at - timedelta(hours=1)) == 1
    assert allowance(100, None, at) == 10


async def test_rate_limit_and_filters_can_be_changed_and_removed(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/", rate_limit=5, filters={"countries": ["FR"]})
    where, header = f"{WHERE}/{made['id']}", {**service.headers_as(who), "If-Match": "*"}
    given = {"rate_limit": None, "filters": {}, "headers": {"X-A": "1"}, "format": "cloudevents"}
    changed = (await service.http.patch(where, json=given, headers=header)).json()
    assert (changed["rate_limit"], changed["headers"], changed["format"]) == (None, {"X-A": "…"}, "cloudevents")
    assert changed["filters"] == {"countries": [], "permits": [], "taxa": []}
    await service.send_events(event_message(audience=Audience(parties=(who.id,), countries=("ZA",))))
    assert len(await service.deliveries(who, made["id"])) == 1
