"""The relay: what goes on inside, what stays outside, and what is said when the answer does not come."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from aiohttp import web

from services.gateway.api.declarations import handlers
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routes import ROUTES
from services.gateway.api.routing.route import Route
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, default_response, drop_connection, problem_response

ID = uuid4()
RELEASE = f"/v1/declarations/{ID}/release"
BODY = b'{"items": [ {"number":1,"quantity":"7"} ]}'
JSON = {"Content-Type": "application/json"}


async def test_a_command_goes_on_with_its_bytes_its_name_and_its_caller(hub: RunningGateway) -> None:
    party, officer = await hub.party("customs", "trader", identifiers={"EORI": "FR7"})
    lies = {
        "Command-Id": str(uuid4()),
        "X-Party-Id": str(uuid4()),
        "X-Forwarded-User": "root",
        "Forwarded": "for=1.2.3.4",
        "Cookie": "a=b",
        "X-Request-Id": "my-own-request-id",
    }
    headers = officer | JSON | lies | {"If-Match": '"3"', "Idempotency-Key": "k1"}
    response = await hub.http.post(RELEASE, content=BODY, headers=headers)
    assert (response.status_code, response.json()) == (200, {"you": "asked"})
    [asked] = hub.permits.requests_to(RELEASE)
    assert asked.body == BODY
    assert asked.caller.service == "gateway"
    assert asked.caller.party is not None
    assert json.loads(asked.caller.party.model_dump_json()) == party
    assert asked.headers["if-match"] == '"3"'
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["command-id"] != lies["Command-Id"]
    assert asked.headers["x-request-id"] == asked.caller.request_id == response.headers["x-request-id"]
    assert not {"x-party-id", "x-forwarded-user", "forwarded", "cookie", "idempotency-key"} & asked.headers.keys()
    assert asked.headers["authorization"] != officer["Authorization"]


async def test_a_key_names_the_same_command_again_and_only_that(hub: RunningGateway) -> None:
    _, officer = await hub.party("customs")
    _, colleague = await hub.party("customs")
    other = f"/v1/declarations/{uuid4()}/release"
    keyed = {"Idempotency-Key": "k1"}
    sent: list[tuple[str, dict[str, str]]] = [
        (RELEASE, officer | keyed),
        (RELEASE, officer | keyed),
        (
            RELEASE.upper().replace("/V1/DECLARATIONS", "/v1/declarations").replace("RELEASE", "release"),
            officer | keyed,
        ),
        (other, officer | keyed),
        (RELEASE, colleague | keyed),
        (RELEASE, officer | {"Idempotency-Key": "k2"}),
        (RELEASE, officer),
        (RELEASE, officer),
    ]
    for path, headers in sent:
        assert (await hub.http.post(path, headers=headers)).status_code == 200
    commands = [asked.headers["command-id"] for asked in hub.permits.requests if asked.caller.party]
    assert len(commands) == len(sent)
    assert commands[0] == commands[1] == commands[2]
    assert len(set(commands)) == 6
    assert {UUID(command).version for command in commands} == {5, 7}
    bad = await hub.http.post(RELEASE, headers=officer | {"Idempotency-Key": "a b"})
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency-key-invalid")


async def test_an_answer_is_passed_on_as_it_is(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        if not asked.caller.party:
            return await default_response(asked)
        headers = {
            "Location": "/v1/permits/7",
            "ETag": '"1"',
            "Idempotency-Replayed": "true",
            "Retry-After": "9",
            "Set-Cookie": "a=b",
            "X-Secret": "inside",
            "Content-Type": "application/problem+json",
        }
        return web.Response(status=409, body=b'{"code": "invalid-transition"}', headers=headers)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, headers=officer)
    assert (found.status_code, found.content) == (409, b'{"code": "invalid-transition"}')
    assert found.headers["content-type"] == "application/problem+json"
    assert found.headers["location"] == "/v1/permits/7"
    assert (found.headers["etag"], found.headers["retry-after"]) == ('"1"', "9")
    assert found.headers["idempotency-replayed"] == "true"
    assert not {"set-cookie", "x-secret"} & found.headers.keys()


async def test_a_report_keeps_its_type_and_its_name(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        if not asked.caller.party:
            return await default_response(asked)
        named = {"Content-Disposition": 'attachment; filename="annual.csv"'}
        return web.Response(body=b"a,b\r\n", content_type="text/csv", charset="utf-8", headers=named)

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    found = await hub.http.get("/v1/reports/annual?year=2026&side=export&country=ZA", headers=authority)
    assert (found.content, found.headers["content-type"]) == (b"a,b\r\n", "text/csv; charset=utf-8")
    assert found.headers["content-disposition"] == 'attachment; filename="annual.csv"'
    [asked] = hub.permits.requests_to("/v1/reports/annual")
    assert asked.query == [("year", "2026"), ("side", "export"), ("country", "ZA")]


async def test_a_lost_answer_is_asked_for_again_under_the_same_name(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        return drop_connection(asked) if len(hub.permits.requests_to(RELEASE)) == 1 else await default_response(asked)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, content=BODY, headers=officer | JSON)
    assert found.status_code == 200
    first, second = hub.permits.requests_to(RELEASE)
    assert first.headers["command-id"] == second.headers["command-id"]
    assert first.body == second.body == BODY


async def test_an_answer_lost_twice_is_a_503_that_may_be_asked_again(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        return drop_connection(asked) if asked.caller.party else await default_response(asked)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, headers=officer)
    assert (found.status_code, found.json()["code"]) == (503, "service-unavailable")
    assert int(found.headers["retry-after"]) >= 1
    assert len(hub.permits.requests_to(RELEASE)) == 2


async def test_keys_the_others_do_not_know_are_not_the_callers_fault(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        return problem_response(401, "unauthenticated") if asked.caller.party else await default_response(asked)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, headers=officer)
    assert (found.status_code, found.json()["code"]) == (503, "service-unavailable")


async def test_news_goes_to_notifications_and_waits_as_long_as_is_asked(hub: RunningGateway) -> None:
    _, partner = await hub.party("partner")
    headers = partner | {"Prefer": "wait=99, respond-async"}
    query = "after=7&types=declaration.*&types=permit.*&limit=3"
    assert (await hub.http.get(f"/v1/events?{query}", headers=headers)).status_code == 200
    [asked] = hub.notifications.requests_to("/v1/events")
    assert asked.headers["prefer"] == "wait=30"
    assert asked.query == [("after", "7"), ("types", "declaration.*"), ("types", "permit.*"), ("limit", "3")]
    odd = await hub.http.get("/v1/events", headers=partner | {"Prefer": "wait=long"})
    assert odd.status_code == 200, "a preference that is not understood is ignored"
    await hub.notifications.close()
    away = await hub.http.get("/v1/events", headers=partner)
    assert (away.status_code, away.json()["code"]) == (503, "service-unavailable")


async def test_a_body_for_another_service_has_the_same_limit(hub: RunningGateway) -> None:
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, content=b" " * 1_048_577, headers=officer | JSON)
    assert (found.status_code, found.json()["code"]) == (413, "body-too-large")
    assert hub.permits.requests_to(RELEASE) == []


@pytest.mark.parametrize("name", ["..", "%2e%2e", "TERMS", "terms%2F..", "terms%00", "a" * 65])
async def test_a_name_in_a_path_leads_nowhere_else(hub: RunningGateway, name: str) -> None:
    _, officer = await hub.party("customs")
    found = await hub.http.get(f"/v1/reference/{name}", headers=officer)
    assert found.status_code == 404
    assert [asked for asked in hub.permits.requests if asked.caller.party] == []


PROXIED = [route for route in ROUTES if route.handler in {forward, handlers.cancel_declaration}]


@pytest.mark.parametrize("route", PROXIED, ids=lambda route: route.operation_id)
async def test_proxied_route_goes_to_the_service_that_it_names(hub: RunningGateway, route: Route) -> None:
    _, everybody = await hub.party("trader", "customs", "authority", "partner", "admin")
    path = route.path.replace("{id}", str(ID)).replace("{table}", "terms").replace("{country}", "FR")
    query: dict[str, Any] = dict.fromkeys(route.query_names, "1")
    headers = everybody | {"If-Match": "*"}
    response = await hub.http.request(route.method, path, params=query, headers=headers)
    assert response.status_code == 200, response.text
    there = hub.permits if route.service == "permits" else hub.notifications
    asked = there.requests_to(path)[-1]
    assert (asked.method, dict(asked.query)) == (route.method, query)
    assert ("command-id" in asked.headers) == (route.method != "GET")


async def test_a_report_is_passed_on_while_it_is_still_written(hub: RunningGateway) -> None:
    rest = asyncio.Event()

    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        if not asked.caller.party:
            return await default_response(asked)
        flow = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await flow.prepare(asked.raw)
        await flow.write(b"first\r\n")
        await rest.wait()
        await flow.write(b"last\r\n")
        return flow

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    url = "/v1/reports/annual?year=2026&side=export&country=ZA"
    async with asyncio.timeout(10), hub.http.stream("GET", url, headers=authority) as found:
        pieces = found.aiter_bytes()
        assert await anext(pieces) == b"first\r\n"
        rest.set()
        assert b"".join([piece async for piece in pieces]) == b"last\r\n"


async def test_a_report_that_breaks_off_is_not_taken_for_a_whole_one(hub: RunningGateway) -> None:
    async def response(asked: ReceivedRequest) -> web.StreamResponse:
        if not asked.caller.party:
            return await default_response(asked)
        flow = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await flow.prepare(asked.raw)
        await flow.write(b"first\r\n")
        return drop_connection(asked)

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    with pytest.raises(httpx2.TransportError):
        await hub.http.get("/v1/reports/annual?year=2026&side=export&country=ZA", headers=authority)
