"""Limits of requests by address, before sign-in and at sign-in, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from services.cli.ports import free_ports
from services.gateway.actions.auth import rate_limits, sign_ins
from services.gateway.actions.auth.sign_ins import FAILURE_COUNTER
from services.gateway.api.protocol import request_limits
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway, wait_ready
from tests.log_lines import LogLines, captured_lines

RATE = 2
BURST = RATE * 10
FORM = {"grant_type": "client_credentials"}
CLIENT = {"X-Forwarded-For": "198.51.100.7"}
OTHER_CLIENT = {"X-Forwarded-For": "198.51.100.8"}


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass for the limit of addresses, so that a slow machine counts as a quick one."""
    monkeypatch.setattr(request_limits, "monotonic", lambda: 1_000.0)
    monkeypatch.setattr(sign_ins, "FIRST_REFUSAL_SECONDS", 60.0)


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with captured_lines("gateway") as found:
        yield found


@asynccontextmanager
async def _limited_gateway(hub: RunningGateway, **changes: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a replica of the gateway that limits addresses and trusts a proxy on this machine."""
    port = free_ports(1)[0]
    usual = {"address_rate_limit": RATE, "trusted_proxies": "127.0.0.0/8"}
    replica = hub.settings.model_copy(update={"port": port, "public_url": hub.url} | usual | changes)
    async with (
        serve_gateway(replica),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
    ):
        await wait_ready(http)
        yield http


async def _statuses(http: httpx2.AsyncClient, number: int, path: str, **more: Any) -> list[int]:
    return [(await http.get(path, **more)).status_code for _ in range(number)]


REQUESTS_BEFORE_SIGN_IN: list[tuple[str, dict[str, str], int]] = [
    ("/docs", {}, 200),
    ("/openapi.json", {}, 200),
    ("/problems", {}, 200),
    ("/.well-known/jwks.json", {}, 200),
    ("/.well-known/webhook-keys.json", {"Authorization": "Bearer x"}, 503),
    ("/no-such-page", {}, 404),
    ("/v1/no-such-route", {}, 404),
    ("/v1/no-such-route", {"Authorization": "Bearer x"}, 404),
    ("/v1/me", {}, 401),
    ("/v1/me", {"Authorization": "Bearer x.y.z"}, 401),
    ("/v1/declarations", {"Authorization": "Bearer x.y.z", "Accept": "application/xml"}, 401),
]


async def test_address_that_has_not_signed_in_is_limited(alone: RunningGateway) -> None:
    async with _limited_gateway(alone) as http:
        for number, (path, headers, status) in enumerate(REQUESTS_BEFORE_SIGN_IN):
            client = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert set(await _statuses(http, BURST, path, headers=headers | client)) == {status}, path
            refused = await http.get(path, headers=headers | client)
            assert refused.status_code == 429, path
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.headers["content-type"] in {"application/problem+json", "application/xml"}


async def test_party_behind_an_address_beyond_its_limit_is_served(hub: RunningGateway) -> None:
    header = await hub.trader()
    async with _limited_gateway(hub) as http:
        await _statuses(http, BURST * 2, "/docs", headers=CLIENT)
        assert set(await _statuses(http, 10, "/v1/me", headers=header | CLIENT)) == {200}
        lodged = await http.post(
            "/v1/declarations", json=declaration(), headers=header | CLIENT | {"Idempotency-Key": "k"}
        )
        assert lodged.status_code == 202
        assert set(await _statuses(http, 3, "/readyz", headers=CLIENT)) == {200}, "a probe is never refused"


async def test_forwarded_address_of_a_stranger_is_not_believed(hub: RunningGateway) -> None:
    async with _limited_gateway(hub, trusted_proxies="") as http:
        for number in range(BURST):
            await http.get("/docs", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        assert (await http.get("/docs", headers={"X-Forwarded-For": "203.0.113.1"})).status_code == 429


async def test_token_route_is_limited_by_address(hub: RunningGateway) -> None:
    async with _limited_gateway(hub) as http:
        for _ in range(BURST):
            assert (await http.post("/oauth2/token", data={"grant_type": "x"}, headers=CLIENT)).status_code == 400
        refused = await http.post("/oauth2/token", data={"grant_type": "x"}, headers=CLIENT)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")


async def test_sign_in_that_fails_is_counted_logged_and_slowed(hub: RunningGateway, lines: LogLines) -> None:
    party, _ = await hub.party("trader")
    given = await hub.http.post(f"/v1/parties/{party['id']}/credentials", headers=hub.admin)
    client_id, secret = given.json()["client_id"], given.json()["client_secret"]
    before = FAILURE_COUNTER.labels("secret")._value.get()
    async with _limited_gateway(hub, address_rate_limit=0) as http:
        for _ in range(sign_ins.FREE_FAILURES):
            wrong = await http.post("/oauth2/token", data=FORM, auth=(client_id, "wrong-secret"), headers=CLIENT)
            assert wrong.status_code == 401
        refused = await http.post("/oauth2/token", data=FORM, auth=(client_id, secret), headers=CLIENT)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-sign-ins")
        assert int(refused.headers["retry-after"]) >= 1
        elsewhere = await http.post("/oauth2/token", data=FORM, auth=(client_id, secret), headers=OTHER_CLIENT)
        assert elsewhere.status_code == 200, "the owner of the client id is elsewhere and signs in"
    assert FAILURE_COUNTER.labels("secret")._value.get() - before == sign_ins.FREE_FAILURES
    logged = lines.of("sign_in.failed")
    assert len(logged) == sign_ins.FREE_FAILURES
    assert {(line["client_id"], line["address"], line["proof"]) for line in logged} == {
        (client_id, "198.51.100.7", "secret")
    }
    assert "wrong-secret" not in lines.text and secret not in lines.text


async def test_assertion_that_is_wrong_is_counted_and_slowed(hub: RunningGateway, lines: LogLines) -> None:
    form = FORM | {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "e30.eyJzdWIiOiJzb21lYm9keSJ9.x",
    }
    async with _limited_gateway(hub, address_rate_limit=0) as http:
        statuses = [(await http.post("/oauth2/token", data=form, headers=CLIENT)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert {(line["client_id"], line["proof"]) for line in lines.of("sign_in.failed")} == {("somebody", "assertion")}


async def test_access_token_that_is_refused_is_counted_and_logged_with_its_address(
    hub: RunningGateway, lines: LogLines
) -> None:
    before = FAILURE_COUNTER.labels("token")._value.get()
    async with _limited_gateway(hub) as http:
        await http.get("/v1/me", headers=CLIENT | {"Authorization": "Bearer a.b.c"})
    assert FAILURE_COUNTER.labels("token")._value.get() - before == 1
    (line,) = lines.of("token.refused")
    assert line["address"] == "198.51.100.7"


async def test_request_that_costs_more_spends_more_of_the_rate_limit(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", 10**9)
    header = await hub.trader()
    async with _limited_gateway(hub, rate_limit=1) as http:
        first = await http.get("/v1/me", headers=header)
        listed = await http.get("/v1/declarations", headers=header)
        assert _left(first) - _left(listed) == 5


def _left(response: httpx2.Response) -> int:
    return int(response.headers["ratelimit"].split("r=")[1].split(";")[0])


async def test_bulk_beyond_the_rate_limit_is_read_more_slowly_and_loses_no_line(
    hub: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", 1)
    header = await hub.trader()
    async with _limited_gateway(hub, rate_limit=20, address_rate_limit=0) as http:
        content = b"".join(json.dumps(declaration()).encode() + b"\n" for _ in range(45))
        bulk = asyncio.create_task(
            http.post(
                "/v1/declarations/bulk", content=content, headers=header | {"Content-Type": "application/x-ndjson"}
            )
        )
        response = await bulk
        results = [json.loads(line) for line in response.text.splitlines()]
        assert [result["line"] for result in results] == list(range(1, 46))
        assert {result["status_code"] for result in results} == {202}
    async with hub.context.engine.connect() as conn:
        used = (await conn.exec_driver_sql("SELECT used FROM rate_limit_blocks ORDER BY window_start")).scalars().all()
    assert len(used) >= 3, "45 lines at 20 a second need three windows"
    assert max(used) <= 21
