"""Public documents and lists have a lifetime and an ETag; every other response is stored nowhere."""

from typing import Any

import httpx2
import pytest
from aiohttp import web

from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, problem_response

DOCUMENTS = {
    "/.well-known/jwks.json": 60,
    "/.well-known/receipt-keys.json": 60,
    "/.well-known/webhook-keys.json": 60,
    "/.well-known/oauth-authorization-server": 300,
    "/openapi.json": 300,
    "/problems": 3600,
    "/problems/not-found": 3600,
    "/docs/assets/start.js": 3600,
}


CODE_LISTS = ("purposes", "sources", "terms", "units", "kinds", "event-types", "rules")
LOADED_LISTS = ("lists", "suspensions", "quotas", "hs-codes", "taxa?name=Falco")


async def _read(hub: RunningGateway, path: str, if_none_match: str = "") -> httpx2.Response:
    return await hub.http.get(path, headers={"If-None-Match": if_none_match} if if_none_match else {})


@pytest.mark.parametrize(("path", "seconds"), DOCUMENTS.items())
async def test_public_document_has_a_lifetime_and_is_sent_once(hub: RunningGateway, path: str, seconds: int) -> None:
    first = await _read(hub, path)
    assert (first.status_code, first.headers["cache-control"]) == (200, f"public, max-age={seconds}")
    tag = first.headers["etag"]
    assert tag[0] == tag[-1] == '"'
    for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await _read(hub, path, named)
        assert (again.status_code, again.content) == (304, b""), named
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, first.headers["cache-control"])
    other = await _read(hub, path, '"other"')
    assert (other.status_code, other.content) == (200, first.content)
    assert (await hub.http.head(path)).headers["etag"] == tag


async def test_webhook_keys_that_cannot_be_read_have_no_lifetime(alone: RunningGateway) -> None:
    response = await alone.http.get("/.well-known/webhook-keys.json")
    assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")


async def test_problem_page_and_its_json_have_different_tags(hub: RunningGateway) -> None:
    page, data = [
        await hub.http.get("/problems", headers={"Accept": kind}) for kind in ("text/html", "application/json")
    ]
    assert page.headers["etag"] != data.headers["etag"]
    assert page.headers["vary"] == data.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("name", "cache_control"),
    [(name, "private, max-age=300") for name in CODE_LISTS] + [(name, "private, no-cache") for name in LOADED_LISTS],
)
async def test_list_that_requires_a_token_is_sent_again_only_when_it_has_changed(
    hub: RunningGateway, name: str, cache_control: str
) -> None:
    page: dict[str, Any] = {"data": [{"code": "T", "name": "Commercial"}], "next_cursor": None}

    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        return web.json_response(page)

    hub.permits.respond = respond
    trader = await hub.trader()
    first = await hub.http.get(f"/v1/reference/{name}", headers=trader)
    assert (first.status_code, first.json(), first.headers["cache-control"]) == (200, page, cache_control)
    named = trader | {"If-None-Match": first.headers["etag"]}
    again = await hub.http.get(f"/v1/reference/{name}", headers=named)
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (first.headers["etag"], cache_control)
    page["data"] = []
    changed = await hub.http.get(f"/v1/reference/{name}", headers=named)
    assert (changed.status_code, changed.json()) == (200, page)
    assert (await hub.http.get(f"/v1/reference/{name}", headers={"If-None-Match": "*"})).status_code == 401


async def test_list_that_permits_refuses_is_stored_nowhere(hub: RunningGateway) -> None:
    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        return problem_response(404, "not-found")

    hub.permits.respond = respond
    named = await hub.trader() | {"If-None-Match": "*"}
    response = await hub.http.get("/v1/reference/terms", headers=named)
    assert (response.status_code, response.headers["cache-control"]) == (404, "no-store")
    assert "etag" not in response.headers
