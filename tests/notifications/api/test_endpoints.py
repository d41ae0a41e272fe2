"""Webhook endpoints over HTTP: the contract's shapes, and nobody else's."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.notifications.conftest import Service, event_message, party
from tests.waiting import WAIT_SECONDS

URL = "https://example.com/hook"
WHERE = "/v1/webhook-endpoints"


async def test_endpoint_shows_its_secret_once(service: Service) -> None:
    who = party()
    new = {"url": URL, "event_types": ["declaration.*", "permit.used"], "description": "ours"}
    response = await service.http.post(WHERE, json=new, headers=service.headers_as(who))
    made = response.json()
    assert response.status_code == 201
    assert made["secret"].startswith("whsec_")
    assert response.headers["Location"] == f"{WHERE}/{made['id']}"
    read = await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    assert {name: read.json()[name] for name in new} == new
    assert read.headers["ETag"] == response.headers["ETag"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://example.com/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://user:word@example.com/"},
        {"url": "nonsense"},
        {"url": URL, "event_types": []},
        {"url": URL, "event_types": ["Declaration.accepted"]},
        {"url": URL, "event_types": ["declaration.accepted.*"]},
        {"url": URL, "surprise": 1},
        {},
    ],
)
async def test_endpoint_with_wrong_field_is_a_422_with_its_place(service: Service, body: dict[str, Any]) -> None:
    response = await service.http.post(WHERE, json=body, headers=service.headers_as(party()))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/")


async def test_endpoint_list_is_paged_newest_first(service: Service) -> None:
    who = party()
    made = [(await service.endpoint(who, f"{URL}/{n}"))["id"] for n in range(5)]
    await service.endpoint(party(), URL)
    seen, cursor = [], ""
    async with asyncio.timeout(WAIT_SECONDS):
        while cursor is not None:
            query = {"limit": "2", "cursor": cursor}
            page = (await service.http.get(WHERE, params=query, headers=service.headers_as(who))).json()
            seen += [one["id"] for one in page["data"]]
            cursor = page["next_cursor"]
    assert seen == made[::-1]


async def test_endpoint_change_requires_the_present_version(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, URL)
    where, header = f"{WHERE}/{made['id']}", service.headers_as(who)
    assert (await service.http.patch(where, json={"paused": True}, headers=header)).status_code == 428
    first = await service.http.patch(where, json={"paused": True}, headers={**header, "If-Match": '"1"'})
    assert first.status_code == 200
    assert (first.json()["paused"], first.json()["url"], first.headers["ETag"]) == (True, URL, '"2"')
    stale = await service.http.patch(where, json={"paused": False}, headers={**header, "If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-stale")
    anything = await service.http.patch(where, json={"description": "x"}, headers={**header, "If-Match": "*"})
    assert (anything.json()["description"], anything.json()["paused"]) == ("x", True)
    bad = await service.http.patch(where, json={"url": "https://10.0.0.1"}, headers={**header, "If-Match": "*"})
    assert bad.status_code == 422


async def test_endpoint_that_is_foreign_deleted_or_unknown_is_a_404(service: Service) -> None:
    owner, other = party(), party("admin")
    made = await service.endpoint(owner, URL)
    await service.send_events(event_message(to=owner))
    [delivery] = await service.deliveries(owner, made["id"])

    async def responses(endpoint_id: str, delivery: str) -> set[int]:
        http, header = service.http, service.headers_as(other if endpoint_id == made["id"] else owner)
        where = f"{WHERE}/{endpoint_id}"
        return {
            (await http.get(where, headers=header)).status_code,
            (await http.patch(where, json={"paused": True}, headers={**header, "If-Match": "*"})).status_code,
            (await http.delete(where, headers=header)).status_code,
            (await http.post(f"{where}/rotate-secret", headers=header)).status_code,
            (await http.post(f"{where}/test", headers=header)).status_code,
            (await http.post(f"{where}/replay", json={"since": "2026-01-01T00:00:00Z"}, headers=header)).status_code,
            (await http.get(f"{where}/deliveries", headers=header)).status_code,
            (await http.post(f"/v1/deliveries/{delivery}/retry", headers=header)).status_code,
        }

    assert await responses(made["id"], delivery["id"]) == {404}
    assert await responses(str(uuid4()), str(uuid4())) == {404}
    assert await responses("nonsense", "nonsense") == {404}
    assert (await service.http.get(WHERE, headers=service.headers_as(other))).json()["data"] == []
    gone = await service.http.delete(f"{WHERE}/{made['id']}", headers=service.headers_as(owner))
    assert gone.status_code == 204
    again = await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(owner))
    assert again.status_code == 404
    assert await service.scalar("SELECT status FROM deliveries") == "dropped"
    assert await service.scalar("SELECT count(*) FROM delivery_queues") == 0


async def test_command_sent_again_is_done_once_and_replayed(service: Service) -> None:
    who = party()
    header = {**service.headers_as(who), "Command-Id": str(uuid4())}
    new = {"url": URL, "event_types": ["*"]}
    responses = await asyncio.gather(*(service.http.post(WHERE, json=new, headers=header) for _ in range(10)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.text for response in responses}) == 1
    assert sorted(response.headers.get("Idempotency-Replayed", "") for response in responses) == [""] + ["true"] * 9
    assert await service.scalar("SELECT count(*) FROM endpoints") == 1
    other = await service.http.post(WHERE, json={**new, "description": "x"}, headers=header)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_command_that_was_refused_is_not_stored(service: Service) -> None:
    who = party()
    made, header = await service.endpoint(who, URL), {**service.headers_as(who), "Command-Id": str(uuid4())}
    where = f"{WHERE}/{made['id']}"
    for _ in range(4):
        assert (await service.http.post(f"{where}/rotate-secret", headers=service.headers_as(who))).status_code == 200
    assert (await service.http.post(f"{where}/rotate-secret", headers=header)).status_code == 409
    assert await service.scalar("SELECT count(*) FROM commands WHERE body IS NULL") == 0


async def test_replay_and_test_make_their_deliveries_pending(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, URL, "declaration.*")
    await service.send_events(event_message(to=who), event_message(to=who, kind="permit.used"))
    await service.endpoint(who, f"{URL}/other")
    where = f"{WHERE}/{made['id']}"
    tested = await service.http.post(f"{where}/test", headers=service.headers_as(who))
    assert tested.status_code == 202
    replayed = await service.http.post(
        f"{where}/replay", json={"since": "2026-01-01T00:00:00Z"}, headers=service.headers_as(who)
    )
    assert (replayed.status_code, replayed.json()["deliveries"]) == (202, 1)
    pending = await service.deliveries(who, made["id"], status="pending")
    assert [one["type"] for one in pending] == ["endpoint.test", "declaration.accepted"]
    assert pending[0]["id"] == tested.json()["delivery_id"]
    assert await service.scalar("SELECT count(*) FROM deliveries") == 2
    bad = await service.http.get(f"{where}/deliveries", params={"status": "lost"}, headers=service.headers_as(who))
    assert bad.status_code == 400


async def test_deliveries_are_paged(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, URL)
    messages = [event_message(to=who) for _ in range(5)]
    for message in messages:
        await service.send_events(message)
    seen, cursor = [], ""
    async with asyncio.timeout(WAIT_SECONDS):
        while cursor is not None:
            query = {"limit": "2", "cursor": cursor}
            where = f"{WHERE}/{made['id']}/deliveries"
            page = (await service.http.get(where, params=query, headers=service.headers_as(who))).json()
            seen += [one["event_id"] for one in page["data"]]
            cursor = page["next_cursor"]
    assert seen == [str(message.id) for message in messages[::-1]]


async def test_readiness_is_public_and_other_routes_require_a_caller(service: Service) -> None:
    assert (await service.http.get("/readyz")).status_code == 200
    unknown_id = uuid4()
    for method, path in [
        ("GET", WHERE),
        ("POST", WHERE),
        *((m, f"{WHERE}/{unknown_id}") for m in ("GET", "PATCH", "DELETE")),
        *(("POST", f"{WHERE}/{unknown_id}/{verb}") for verb in ("rotate-secret", "test", "replay")),
        ("GET", f"{WHERE}/{unknown_id}/deliveries"),
        ("POST", f"/v1/deliveries/{unknown_id}/retry"),
        ("GET", "/v1/events"),
        ("POST", f"/v1/events/{unknown_id}/acknowledgement"),
    ]:
        assert (await service.http.request(method, path)).status_code == 401
        assert (await service.http.request(method, path, headers=service.headers_as_gateway())).status_code == 403
