"""Forwarded requests: what other services receive, what stays outside, and what happens without a response."""

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
from shared.contracts.limits import COUNTRIES, GRANTS
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, default_response, drop_connection, problem_response

ID = uuid4()
RELEASE = f"/v1/declarations/{ID}/release"
BODY = b'{"items": [ {"number":1,"quantity":"7"} ]}'
JSON = {"Content-Type": "application/json"}


async def test_command_is_forwarded_with_its_bytes_and_its_caller(hub: RunningGateway) -> None:
    party, officer = await hub.party("customs", "trader", identifiers={"EORI": "FR7"})
    forged_headers = {
        "Command-Id": str(uuid4()),
        "X-Party-Id": str(uuid4()),
        "X-Forwarded-User": "root",
        "Forwarded": "for=1.2.3.4",
        "Cookie": "a=b",
        "X-Request-Id": "my-own-request-id",
    }
    headers = officer | JSON | forged_headers | {"If-Match": '"3"', "Idempotency-Key": "k1"}
    response = await hub.http.post(RELEASE, content=BODY, headers=headers)
    assert (response.status_code, response.json()) == (200, {"you": "asked"})
    [received] = hub.permits.requests_to(RELEASE)
    assert received.body == BODY
    assert received.caller.service == "gateway"
    assert received.caller.party is not None
    assert json.loads(received.caller.party.model_dump_json()) == party
    assert received.headers["if-match"] == '"3"'
    assert received.headers["content-type"] == "application/json"
    assert received.headers["command-id"] != forged_headers["Command-Id"]
    assert received.headers["x-request-id"] == received.caller.request_id == response.headers["x-request-id"]
    assert not {"x-party-id", "x-forwarded-user", "forwarded", "cookie", "idempotency-key"} & received.headers.keys()
    assert received.headers["authorization"] != officer["Authorization"]


async def test_party_with_many_grants_is_forwarded_without_them(hub: RunningGateway) -> None:
    grant = {"countries": ["FR"] * COUNTRIES, "event_types": ["permit.second_use_attempted"]}
    party, partner = await hub.party("partner", "customs", grants=[grant] * GRANTS)
    assert party["grants"] == [grant] * GRANTS
    response = await hub.http.post(RELEASE, content=BODY, headers=partner | JSON)
    assert response.status_code == 200, response.text
    [received] = hub.permits.requests_to(RELEASE)
    assert received.caller.party is not None
    assert json.loads(received.caller.party.model_dump_json()) == party | {"grants": []}


async def test_query_that_is_too_long_when_it_is_encoded_is_refused(hub: RunningGateway) -> None:
    _, officer = await hub.party("customs")
    path = "/v1/declarations?reference="
    for query, status in (("%C3%A9" * 1_000, 200), ("%FF" * 4_000, 431)):
        response = await hub.http.get(f"{path}{query}", headers=officer)
        assert response.status_code == status, response.text


async def test_idempotency_key_gives_one_command_id_per_party_and_path(hub: RunningGateway) -> None:
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
    commands = [received.headers["command-id"] for received in hub.permits.requests if received.caller.party]
    assert len(commands) == len(sent)
    assert commands[0] == commands[1] == commands[2]
    assert len(set(commands)) == 6
    assert {UUID(command).version for command in commands} == {5, 7}
    bad = await hub.http.post(RELEASE, headers=officer | {"Idempotency-Key": "a b"})
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency-key-invalid")


async def test_response_is_forwarded_without_internal_headers(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if not received.caller.party:
            return await default_response(received)
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


async def test_report_keeps_its_media_type_and_file_name(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if not received.caller.party:
            return await default_response(received)
        named = {"Content-Disposition": 'attachment; filename="annual.csv"'}
        return web.Response(body=b"a,b\r\n", content_type="text/csv", charset="utf-8", headers=named)

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    found = await hub.http.get("/v1/reports/annual?year=2026&side=export&country=ZA", headers=authority)
    assert (found.content, found.headers["content-type"]) == (b"a,b\r\n", "text/csv; charset=utf-8")
    assert found.headers["content-disposition"] == 'attachment; filename="annual.csv"'
    [received] = hub.permits.requests_to("/v1/reports/annual")
    assert received.query == [("year", "2026"), ("side", "export"), ("country", "ZA")]


async def test_response_that_is_lost_is_requested_again_with_the_same_command_id(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        return (
            drop_connection(received)
            if len(hub.permits.requests_to(RELEASE)) == 1
            else await default_response(received)
        )

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, content=BODY, headers=officer | JSON)
    assert found.status_code == 200
    first, second = hub.permits.requests_to(RELEASE)
    assert first.headers["command-id"] == second.headers["command-id"]
    assert first.body == second.body == BODY


async def test_response_that_is_lost_twice_is_503(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        return drop_connection(received) if received.caller.party else await default_response(received)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, headers=officer)
    assert (found.status_code, found.json()["code"]) == (503, "service-unavailable")
    assert int(found.headers["retry-after"]) >= 1
    assert len(hub.permits.requests_to(RELEASE)) == 2


async def test_internal_token_that_permits_refuses_is_503(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        return problem_response(401, "unauthenticated") if received.caller.party else await default_response(received)

    hub.permits.respond = response
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, headers=officer)
    assert (found.status_code, found.json()["code"]) == (503, "service-unavailable")


async def test_events_request_is_forwarded_to_notifications_without_its_wait(hub: RunningGateway) -> None:
    _, partner = await hub.party("partner")
    headers = partner | {"Prefer": "wait=99, respond-async"}
    query = "after=7&types=declaration.*&types=permit.*&limit=3"
    assert (await hub.http.get(f"/v1/events?{query}", headers=headers)).status_code == 200
    [received] = hub.notifications.requests_to("/v1/events")
    assert "prefer" not in received.headers, "the gateway waits"
    assert received.query == [("after", "7"), ("types", "declaration.*"), ("types", "permit.*"), ("limit", "3")]
    unsupported = await hub.http.get("/v1/events", headers=partner | {"Prefer": "wait=long"})
    assert unsupported.status_code == 200, "an unsupported preference is ignored"
    await hub.notifications.close()
    away = await hub.http.get("/v1/events", headers=partner)
    assert (away.status_code, away.json()["code"]) == (503, "service-unavailable")


async def test_forwarded_body_beyond_the_limit_is_413(hub: RunningGateway) -> None:
    _, officer = await hub.party("customs")
    found = await hub.http.post(RELEASE, content=b" " * 1_048_577, headers=officer | JSON)
    assert (found.status_code, found.json()["code"]) == (413, "body-too-large")
    assert hub.permits.requests_to(RELEASE) == []


@pytest.mark.parametrize("name", ["..", "%2e%2e", "TERMS", "terms%00", "a" * 65])
async def test_path_name_with_other_characters_is_404(hub: RunningGateway, name: str) -> None:
    _, officer = await hub.party("customs")
    found = await hub.http.get(f"/v1/reference/{name}", headers=officer)
    assert found.status_code == 404
    assert [received for received in hub.permits.requests if received.caller.party] == []


PROXIED = [route for route in ROUTES if route.handler in {forward, handlers.cancel_declaration}]


@pytest.mark.parametrize("route", PROXIED, ids=lambda route: route.operation_id)
async def test_proxied_route_goes_to_the_service_that_it_names(hub: RunningGateway, route: Route) -> None:
    _, all_roles = await hub.party("trader", "customs", "authority", "partner", "admin")
    path = route.path.replace("{id}", str(ID)).replace("{table}", "terms").replace("{country}", "FR")
    query: dict[str, Any] = dict.fromkeys(route.query_names, "1")
    headers = all_roles | {"If-Match": "*"}
    response = await hub.http.request(route.method, path, params=query, headers=headers)
    assert response.status_code == 200, response.text
    service = hub.permits if route.service == "permits" else hub.notifications
    received = service.requests_to(path)[-1]
    assert (received.method, dict(received.query)) == (route.method, query)
    assert ("command-id" in received.headers) == (route.method != "GET")


async def test_report_is_forwarded_while_permits_writes_it(hub: RunningGateway) -> None:
    rest = asyncio.Event()

    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if not received.caller.party:
            return await default_response(received)
        stream = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await stream.prepare(received.raw)
        await stream.write(b"first\r\n")
        await rest.wait()
        await stream.write(b"last\r\n")
        return stream

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    url = "/v1/reports/annual?year=2026&side=export&country=ZA"
    async with asyncio.timeout(25), hub.http.stream("GET", url, headers=authority) as found:
        pieces = found.aiter_bytes()
        assert await anext(pieces) == b"first\r\n"
        rest.set()
        assert b"".join([piece async for piece in pieces]) == b"last\r\n"


async def test_report_that_breaks_off_ends_the_connection(hub: RunningGateway) -> None:
    async def response(received: ReceivedRequest) -> web.StreamResponse:
        if not received.caller.party:
            return await default_response(received)
        stream = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await stream.prepare(received.raw)
        await stream.write(b"first\r\n")
        return drop_connection(received)

    hub.permits.respond = response
    _, authority = await hub.party("authority")
    with pytest.raises(httpx2.TransportError):
        await hub.http.get("/v1/reports/annual?year=2026&side=export&country=ZA", headers=authority)
