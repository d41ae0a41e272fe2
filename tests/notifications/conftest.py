"""Fixtures of notifications: the server on a free port, workers, and scripted receivers."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2
import pytest
import uvicorn
from aiohttp import web
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.ports import free_ports
from services.notifications.actions.context import NotificationsContext
from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.main import create_app
from services.notifications.settings import Settings
from shared.contracts.messages import Audience, EventMessage, MandateCopy
from shared.contracts.parties import Caller, Party
from shared.database import now
from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys
from shared.signed_tokens import InternalTokenSigner
from tests.conftest import Clone
from tests.event_catalogue_check import event_body_faults
from tests.internal_calls import SignedCalls, caller_header
from tests.notifications.receivers import Receiver
from tests.servers import running_server

SHORT_SCHEDULE = tuple(timedelta(seconds=0.05) for _ in range(8))
"""A schedule for tests: eight waits of a twentieth of a second."""


def party(*roles: str, country: str = "FR", **more: Any) -> Party:
    return Party(id=uuid4(), name="Somebody", country=country, roles=roles or ("trader",), **more)  # type: ignore[arg-type]


def event_message(
    subject: str | None = None,
    sequence: int = 1,
    kind: str = "declaration.accepted",
    *,
    to: Party | None = None,
    audience: Audience | None = None,
    **data: Any,
) -> EventMessage:
    name = subject or f"declaration:{uuid4()}"
    received = audience or Audience(parties=(to.id,) if to else ())
    return EventMessage(
        id=uuid5(UUID(int=7), f"{name}#{sequence}"),
        type=kind,
        subject=name,
        sequence=sequence,
        at=now(),
        data={"declaration_id": name.partition(":")[2], "status": "accepted", **data},
        audience=received,
    )


@dataclass
class Service:
    """The running server, and a client that calls it as a party, as permits or as the gateway."""

    settings: Settings
    app: FastAPI
    http: httpx2.AsyncClient

    @property
    def context(self) -> NotificationsContext:
        context: NotificationsContext = self.app.state.context
        return context

    def use_policy(self, policy: EndpointPolicy) -> None:
        """Replace the endpoint policy of the running server."""
        self.app.state.context = replace(self.context, endpoint_policy=policy)

    @property
    def engine(self) -> AsyncEngine:
        return self.context.engine

    def headers_as(self, who: Party) -> dict[str, str]:
        return caller_header(Caller(service="gateway", party=who))

    def headers_as_permits(self) -> dict[str, str]:
        return caller_header(Caller(service="permits"))

    def headers_as_gateway(self) -> dict[str, str]:
        return caller_header(Caller(service="gateway"))

    async def send_events(self, *messages: EventMessage) -> list[str]:
        """Send events as the dispatcher of permits does. Return the outcomes in order."""
        batch = {"letters": [message.model_dump(mode="json") for message in messages]}
        response = await self.http.post("/internal/news", json=batch, headers=self.headers_as_permits())
        assert response.status_code == 200, response.text
        outcomes = {one["id"]: one["outcome"] for one in response.json()["answers"]}
        return [outcomes[str(message.id)] for message in messages]

    async def send_parties(self, *parties: Party) -> None:
        batch = {"parties": [one.model_dump(mode="json") for one in parties]}
        response = await self.http.post("/internal/parties", json=batch, headers=self.headers_as_gateway())
        assert response.status_code == 204, response.text

    async def send_mandates(self, *copies: MandateCopy) -> None:
        batch = {"mandates": [one.model_dump(mode="json") for one in copies]}
        response = await self.http.post("/internal/mandates", json=batch, headers=self.headers_as_gateway())
        assert response.status_code == 204, response.text

    @property
    def keys(self) -> EndpointKeys:
        """Return the keys with which this service seals and signs."""
        return self.context.endpoint_policy.keys

    async def endpoint(self, who: Party, url: str, *event_types: str, **more: Any) -> dict[str, Any]:
        new = {"url": url, "event_types": event_types or ["*"], **more}
        made = await self.http.post("/v1/webhook-endpoints", json=new, headers=self.headers_as(who))
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def deliveries(self, who: Party, endpoint: str, **query: str) -> list[dict[str, Any]]:
        where = f"/v1/webhook-endpoints/{endpoint}/deliveries"
        response = await self.http.get(where, params={"limit": "200", **query}, headers=self.headers_as(who))
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["data"]
        return found

    async def read_feed(self, who: Party, after: str = "", **query: str) -> tuple[list[dict[str, Any]], str]:
        response = await self.http.get("/v1/events", params={"after": after, **query}, headers=self.headers_as(who))
        assert response.status_code == 200, response.text
        return response.json()["data"], response.json()["next_cursor"]

    async def scalar(self, query: str) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text(query))).scalar()


@pytest.fixture
async def service(clone: Clone, tmp_path: Path) -> AsyncIterator[Service]:
    for name in ("gateway", "permits"):
        create_signing_keys(tmp_path / f"{name}.json", tmp_path / f"{name}.public.json")
    port = free_ports(1)[0]
    settings = Settings(
        database_url=await clone("notifications"),
        port=port,
        gateway_keys=tmp_path / "gateway.public.json",
        permits_keys=tmp_path / "permits.public.json",
        secret_keys=tmp_path / "secrets.json",
        signing_keys=tmp_path / "webhooks.json",
        verify_endpoints=False,
        allow_loopback=True,
    )
    create_encryption_keys(settings.secret_keys)
    create_signing_keys(settings.signing_keys, tmp_path / "webhooks.public.json")
    app = create_app(settings)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=2)
    async with running_server(config):
        signers = [InternalTokenSigner(name, KeyFile(tmp_path / f"{name}.json")) for name in ("gateway", "permits")]
        auth = SignedCalls("notifications", *signers)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40, auth=auth) as http:
            yield Service(settings, app, http)
        async with app.state.context.engine.connect() as conn:
            query = text("SELECT body FROM events WHERE type LIKE 'endpoint.%' OR type LIKE 'event.%'")
            flaws = event_body_faults((await conn.execute(query)).scalars())
    assert flaws == [], "an event of notifications differs from the catalogue"


OpenReceiver = Callable[[], Awaitable[Receiver]]


@pytest.fixture
async def receive() -> AsyncIterator[OpenReceiver]:
    """Yield a function that opens a receiver on a free port."""
    runners: list[web.AppRunner] = []

    async def open_one() -> Receiver:
        receiver = Receiver("")
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", receiver.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}/{secrets.token_hex(2)}"
        return receiver

    yield open_one
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def receiver(receive: OpenReceiver) -> Receiver:
    return await receive()


@asynccontextmanager
async def running_worker(service: Service, *, seconds: float = 5.0, **more: Any) -> AsyncIterator[DeliveryWorker]:
    """Run a worker with short waits during the block."""
    receivers = WebhookClient(AllowedAddresses(loopback=True), service.keys.signing_keys, seconds=seconds)
    await receivers.open()
    office = DeliveryWorker(
        service.engine, receivers.post, service.keys, **{"schedule": SHORT_SCHEDULE, "poll_seconds": 0.02, **more}
    )
    running = asyncio.create_task(office.run())
    try:
        yield office
    finally:
        office.stop()
        try:
            await asyncio.wait_for(running, seconds + 2)
        finally:
            await receivers.close()


def have_length(number: int, *lists: Sequence[object]) -> Callable[[], bool]:
    """Return a condition for `wait_until`: each of these lists has `number` members."""
    return lambda: all(len(one) >= number for one in lists)
