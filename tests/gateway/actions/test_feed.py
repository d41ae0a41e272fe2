"""Waits for events: woken by the watch, few for a party, many for the hub, and ended when the client has gone."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest
import uvicorn
from aiohttp import web
from fastapi import FastAPI
from sqlalchemy import insert

from services.gateway.actions import feed, feed_watch
from services.gateway.api.protocol import headers
from services.gateway.main import end_waits
from services.gateway.store import parties as party_store
from services.gateway.store.tables import credentials
from services.notifications.main import create_app as create_notifications
from services.notifications.settings import Settings as NotificationsSettings
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, Party
from shared.database import now
from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys
from shared.signed_tokens import InternalTokenSigner
from tests.conftest import Clone
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest, default_response, drop_connection, problem_response
from tests.internal_calls import SignedCalls, caller_header
from tests.notifications.conftest import event_message
from tests.servers import running_server
from tests.waiting import WAIT_SECONDS, wait_until

PROGRESS = "/internal/feed-progress"
ENDPOINTS = "/v1/webhook-endpoints"
PARTIES = 1_000


@dataclass
class ScriptedFeed:
    """The feed of the stub of notifications: a test adds events, and the stub states its progress."""

    position: int = 0
    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    before_page: Callable[[], Awaitable[None]] | None = None

    def add_event(self, party_id: str, *, is_in_page: bool = True) -> None:
        self.position += 1
        found = self.events.setdefault(party_id, [])
        found += [{"id": f"{self.position}", "type": "permit.used", "data": "x" * 200}] if is_in_page else []
        self.moved.set()
        self.moved = asyncio.Event()

    async def respond(self, received: ReceivedRequest) -> web.StreamResponse:
        query = dict(received.query)
        if received.path == PROGRESS:
            return await self._respond_with_progress(query)
        if received.path != "/v1/events" or received.caller.party is None:
            return await default_response(received)
        page = {"data": list(self.events.get(str(received.caller.party.id), ())), "next_cursor": f"c{self.position}"}
        if self.before_page is not None:
            before, self.before_page = self.before_page, None
            await before()
        return web.json_response(page)

    async def _respond_with_progress(self, query: dict[str, str]) -> web.StreamResponse:
        if "after" not in query:
            return web.json_response({"position": self.position, "parties": None})
        moved = self.moved
        if int(query["after"]) == self.position:
            try:
                await asyncio.wait_for(moved.wait(), float(query["seconds"]))
            except TimeoutError:
                pass
        return web.json_response({"position": self.position, "parties": list(self.events)})


@pytest.fixture
async def scripted(hub: RunningGateway) -> ScriptedFeed:
    hub.notifications.respond = (scripted := ScriptedFeed()).respond
    return scripted


def start_wait(hub: RunningGateway, who: dict[str, str], seconds: int = 30, **query: str) -> asyncio.Task[Any]:
    sent = who | {"Prefer": f"wait={seconds}"}
    return asyncio.create_task(hub.http.get("/v1/events", params=query, headers=sent, timeout=60))


async def wait_until_waiting(hub: RunningGateway, count: int = 1, *, seconds: float = WAIT_SECONDS) -> None:
    """Wait until so many requests have read an empty page and wait for events."""
    context = hub.context

    def have_read() -> bool:
        watch = context.feed_watch
        are_read = watch._started.is_set() and watch.reads._value == feed_watch.CONCURRENT_READS
        return are_read and context.feed_waits._taken >= count

    await wait_until(have_read, seconds=seconds)
    await asyncio.sleep(0.1)  # the last of them may have a slot, and begin its read now
    await wait_until(have_read, seconds=seconds)


async def finish(waiting: asyncio.Task[Any]) -> httpx2.Response:
    async with asyncio.timeout(20):
        response: httpx2.Response = await waiting
    return response


async def test_wait_returns_with_the_first_event_after_one_more_read(
    hub: RunningGateway, scripted: ScriptedFeed
) -> None:
    party, who = await hub.party("partner")
    waiting = start_wait(hub, who, after="c0", types="permit.*")
    await wait_until_waiting(hub)
    reads = len(hub.notifications.requests_to("/v1/events"))
    scripted.add_event(party["id"])
    response = await finish(waiting)
    assert [event["id"] for event in response.json()["data"]] == ["1"]
    assert response.headers["preference-applied"] == "wait=30"
    received = hub.notifications.requests_to("/v1/events")
    assert len(received) == reads + 1
    assert received[-1].query == [("types", "permit.*"), ("after", "c0")]
    assert "prefer" not in received[-1].headers


async def test_wait_is_not_woken_by_events_of_other_parties(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    other, _ = await hub.party("partner")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)
    reads = len(hub.notifications.requests_to("/v1/events"))
    for _ in range(5):
        scripted.add_event(other["id"])
        await asyncio.sleep(0.1)
    assert len(hub.notifications.requests_to("/v1/events")) == reads
    end_waits(hub.app)
    assert (await finish(waiting)).json()["data"] == []


async def test_event_during_the_first_read_is_not_missed(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    """The page is read before the event, and arrives after the watch reported the event."""
    party, who = await hub.party("partner")
    _, other = await hub.party("partner")
    background = start_wait(hub, other)  # so that the watch runs
    await wait_until_waiting(hub)

    async def add_event() -> None:
        scripted.add_event(party["id"])
        await wait_until(lambda: [r for r in hub.notifications.requests_to(PROGRESS) if ("after", "1") in r.query])

    scripted.before_page = add_event
    response = await finish(start_wait(hub, who))
    assert len(response.json()["data"]) == 1
    background.cancel()


async def test_wait_with_events_that_its_types_exclude_reads_seldom(
    hub: RunningGateway, scripted: ScriptedFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MIN_READ_INTERVAL", 60.0)
    party, who = await hub.party("partner")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)
    for _ in range(20):
        scripted.add_event(party["id"], is_in_page=False)
        await asyncio.sleep(0.05)
    assert not waiting.done()
    assert len(hub.notifications.requests_to("/v1/events")) <= 4
    waiting.cancel()


async def test_wait_without_events_returns_an_empty_page(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    response = await finish(start_wait(hub, who, seconds=1))
    assert response.json() == {"data": [], "next_cursor": "c0"}
    assert response.headers["preference-applied"] == "wait=1"
    again = await hub.http.get("/v1/events", headers=who)
    assert "preference-applied" not in again.headers


async def test_request_that_does_not_wait_starts_no_watch(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    assert (await hub.http.get("/v1/events", headers=who)).status_code == 200
    await asyncio.sleep(0.2)
    assert hub.notifications.requests_to(PROGRESS) == []


async def test_party_with_too_many_waits_is_429(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    _, other = await hub.party("partner")
    waits = [start_wait(hub, who) for _ in range(hub.context.feed_waits.per_party)]
    await wait_until_waiting(hub, len(waits))
    refused = await finish(start_wait(hub, who))
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-waits")
    assert int(refused.headers["retry-after"]) >= 1
    assert (await hub.http.get("/v1/events", headers=who)).status_code == 200, "a read without a wait is served"
    assert (await finish(start_wait(hub, other, seconds=1))).status_code == 200, "each party has waits of its own"
    end_waits(hub.app)
    assert {(await finish(waiting)).status_code for waiting in waits} == {200}


async def test_hub_without_a_free_wait_returns_the_page_at_once(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    hub.context.feed_waits.total = 1
    first = start_wait(hub, who)
    await wait_until_waiting(hub)
    response = await finish(start_wait(hub, who))
    assert (response.status_code, response.json()["data"]) == (200, [])
    assert "preference-applied" not in response.headers
    first.cancel()


async def test_wait_ends_with_the_process(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    _, who = await hub.party("partner")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)
    end_waits(hub.app)
    assert (await finish(waiting)).json()["data"] == []


async def test_wait_survives_an_outage_of_notifications(hub: RunningGateway, scripted: ScriptedFeed) -> None:
    party, who = await hub.party("partner")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)
    await hub.notifications.close()
    refused = await hub.http.get("/v1/events", headers=who | {"Prefer": "wait=30"})
    assert (refused.status_code, refused.json()["code"]) == (503, "service-unavailable")
    scripted.add_event(party["id"])
    await hub.notifications.open()
    assert len((await finish(waiting)).json()["data"]) == 1


async def test_wait_whose_second_read_is_lost_returns_the_empty_page(
    hub: RunningGateway, scripted: ScriptedFeed
) -> None:
    party, who = await hub.party("partner")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)

    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        return drop_connection(received) if received.path == "/v1/events" else await scripted.respond(received)

    hub.notifications.respond = respond
    scripted.add_event(party["id"])
    response = await finish(waiting)
    assert (response.status_code, response.json()) == (200, {"data": [], "next_cursor": "c0"})
    assert (await hub.http.get("/v1/events", headers=who)).status_code == 503


async def test_problem_of_notifications_ends_the_wait(hub: RunningGateway) -> None:
    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        return (
            problem_response(400, "invalid-parameter")
            if received.path == "/v1/events"
            else await default_response(received)
        )

    hub.notifications.respond = respond
    _, who = await hub.party("partner")
    response = await finish(start_wait(hub, who, after="nonsense"))
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


async def open_wait(hub: RunningGateway, who: dict[str, str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request that waits, on a connection of its own."""
    address = urlsplit(hub.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"GET /v1/events HTTP/1.1\r\nHost: x\r\nPrefer: wait=600\r\nAuthorization: %s\r\n\r\n"
        % who["Authorization"].encode()
    )
    return reader, writer


@pytest.mark.parametrize("ending", ["FIN", "RST"])
async def test_wait_ends_when_its_client_has_gone(hub: RunningGateway, scripted: ScriptedFeed, ending: str) -> None:
    _, who = await hub.party("partner")
    _, writer = await open_wait(hub, who)
    await wait_until_waiting(hub)
    if ending == "RST":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()
    await wait_until(lambda: not hub.context.feed_waits._taken)
    assert not hub.context.feed_watch._signals


async def test_wait_ends_with_a_page_when_its_client_ends_its_sending_side(
    hub: RunningGateway, scripted: ScriptedFeed
) -> None:
    """A client that closes its socket and one that only ends its sending side look the same. Only the latter reads."""
    _, who = await hub.party("partner")
    reader, writer = await open_wait(hub, who)
    await wait_until_waiting(hub)
    writer.write_eof()
    async with asyncio.timeout(20):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"preference-applied" not in head.lower()
    assert json.loads(body)["data"] == []
    writer.close()


@pytest.fixture
async def notifications(hub: RunningGateway, clone: Clone, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The real notifications in place of their stub."""
    await hub.notifications.close()
    create_signing_keys(tmp_path / "permits.json", tmp_path / "permits.public.json")
    create_encryption_keys(tmp_path / "secrets.json")
    create_signing_keys(tmp_path / "webhooks.json", tmp_path / "webhooks.public.json")
    settings = NotificationsSettings(
        database_url=await clone("notifications"),
        port=hub.notifications.port,
        gateway_keys=tmp_path / "signing.public.json",
        permits_keys=tmp_path / "permits.public.json",
        secret_keys=tmp_path / "secrets.json",
        signing_keys=tmp_path / "webhooks.json",
    )
    app = create_notifications(settings)
    config = uvicorn.Config(app, host="127.0.0.1", port=settings.port, log_config=None, timeout_graceful_shutdown=2)
    async with running_server(config):
        yield app


async def send_events(tmp_path: Path, url: str, *party_ids: UUID) -> None:
    """Send one event for each party, as permits does."""
    signer = InternalTokenSigner("permits", KeyFile(tmp_path / "permits.json"))
    auth, header = SignedCalls("notifications", signer), caller_header(Caller(service="permits"))
    async with httpx2.AsyncClient(base_url=url, timeout=30, auth=auth) as http:
        for first in range(0, len(party_ids), 200):
            messages = [
                event_message(to=Party(id=one, name="P", country="FR", roles=(Role.PARTNER,)))
                for one in party_ids[first : first + 200]
            ]
            batch = {"letters": [message.model_dump(mode="json") for message in messages]}
            sent = await http.post("/internal/news", json=batch, headers=header)
            assert sent.status_code == 200, sent.text


async def add_parties(hub: RunningGateway, count: int) -> dict[UUID, dict[str, str]]:
    """Add parties with a credential each. Return their authorization headers."""
    added, at = {}, now()
    async with hub.context.engine.begin() as conn:
        revision = await party_store.lock_next_revision(conn)
        for number in range(count):
            party = Party(id=uuid4(), name=f"Party {number}", country="FR", roles=(Role.PARTNER,))
            await party_store.add(conn, party, revision=revision, at=at, actor_party_id=None)
            client_id = uuid4().hex
            credential = {"client_id": client_id, "party_id": party.id, "person": client_id, "secret_sha256": b"x"}
            await conn.execute(insert(credentials).values(**credential, made_at=at, revision=revision))
            token = hub.context.access_tokens.issue(party.id, client_id, at=at)
            added[party.id] = {"Authorization": f"Bearer {token}"}
    await hub.context.directory.refresh()
    return added


@asynccontextmanager
async def open_waits(
    hub: RunningGateway, parties: Iterable[dict[str, str]]
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    connections = [await open_wait(hub, header) for header in parties]
    try:
        yield connections
    finally:
        for _, writer in connections:
            writer.close()


async def read_response(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


@pytest.mark.timeout(400)
async def test_thousand_parties_wait_and_each_receives_its_event(
    hub: RunningGateway, notifications: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headers, "MAX_WAIT_SECONDS", 600)  # no wait ends on its own, however slow the machine is
    parties = await add_parties(hub, PARTIES)
    async with open_waits(hub, parties.values()) as connections:
        await wait_until_waiting(hub, PARTIES, seconds=100)
        _, officer = await hub.party("customs")
        assert (await hub.http.get(ENDPOINTS, headers=officer)).status_code == 200, "a wait holds no connection"
        assert (await hub.http.get("/v1/events", headers=officer)).status_code == 200
        await send_events(tmp_path, hub.notifications.url, *parties)
        async with asyncio.timeout(120):
            responses = [await read_response(reader) for reader, _ in connections]
    assert [(status, len(page["data"])) for status, page in responses] == [(200, 1)] * PARTIES
    await wait_until(lambda: not hub.context.feed_waits._taken)


async def test_wait_of_a_party_that_is_disabled_ends_without_its_later_events(
    hub: RunningGateway, scripted: ScriptedFeed
) -> None:
    party, who = await hub.party("trader")
    waiting = start_wait(hub, who)
    await wait_until_waiting(hub)
    sent = hub.admin | {"If-Match": "*"}
    disabled = await hub.http.patch(f"/v1/parties/{party['id']}", json={"disabled": True}, headers=sent)
    assert disabled.status_code == 200, disabled.text
    scripted.add_event(party["id"])
    response = await finish(waiting)
    assert (response.status_code, response.json()["data"]) == (200, [])
    assert (await hub.http.get("/v1/events", headers=who)).status_code == 401
