"""A running gateway: real HTTP on a free port, its own database, and stubs of the other services."""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.cli.ports import free_ports
from services.gateway.actions.context import GatewayContext
from services.gateway.api.protocol.connection import Connection
from services.gateway.main import create_app
from services.gateway.settings import Settings
from shared.http_server import server_config
from shared.key_files import create_signing_keys
from tests.conftest import Clone
from tests.gateway.stub_service import StubService
from tests.servers import running_server
from tests.waiting import wait_until

Body = dict[str, Any]


@dataclass
class RunningGateway:
    """The running gateway and the services around it."""

    url: str
    settings: Settings
    app: FastAPI
    permits: StubService
    notifications: StubService
    http: httpx2.AsyncClient
    admin: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> GatewayContext:
        context: GatewayContext = self.app.state.context
        return context

    async def token(self, credential: Body) -> str:
        form = {"grant_type": "client_credentials"}
        response = await self.http.post(
            "/oauth2/token", data=form, auth=(credential["client_id"], credential["client_secret"])
        )
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    async def sign_in(self, credential: Body) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(credential)}"}

    async def party(self, *roles: str, **more: Any) -> tuple[Body, dict[str, str]]:
        """Add a party with a credential. Return the party and its authorization header."""
        new = {"name": f"Party {secrets.token_hex(2)}", "country": "FR", "roles": list(roles), **more}
        added = await self.http.post("/v1/parties", json=new, headers=self.admin)
        assert added.status_code == 201, added.text
        given = await self.http.post(f"/v1/parties/{added.json()['id']}/credentials", headers=self.admin)
        assert given.status_code == 201, given.text
        return added.json(), await self.sign_in(given.json())

    async def trader(self) -> dict[str, str]:
        """Add the trader of `declaration()`. Return its authorization header."""
        _, header = await self.party("trader", identifiers={"EORI": "FR99988877700011"})
        return header

    async def lodge(self, header: dict[str, str], body: Body | bytes, **headers: str) -> httpx2.Response:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in usual.items() if name.lower() not in {g.lower() for g in given}}
        return await self.http.post("/v1/declarations", content=sent, headers={**header, **kept, **given})


@asynccontextmanager
async def serve_gateway(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    config = server_config(app, "127.0.0.1", settings.port, Connection)
    config.timeout_graceful_shutdown = 2
    async with running_server(config):
        yield app


async def wait_ready(http: httpx2.AsyncClient) -> None:
    """Wait until a gateway is ready."""

    async def is_ready() -> bool:
        return (await http.get("/readyz")).status_code == 200

    await wait_until(is_ready)


@pytest.fixture
async def settings(clone: Clone, tmp_path: Path) -> Settings:
    for name in ("signing", "token"):
        create_signing_keys(tmp_path / f"{name}.json", tmp_path / f"{name}.public.json")
    return Settings(
        database_url=await clone("gateway"),
        port=free_ports(1)[0],
        permits_url=f"http://127.0.0.1:{free_ports(1)[0]}",
        notifications_url=f"http://127.0.0.1:{free_ports(1)[0]}",
        signing_keys=tmp_path / "signing.json",
        token_keys=tmp_path / "token.json",
        admin_file=tmp_path / "admin.json",
    )


@pytest.fixture
async def alone(settings: Settings, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    """A gateway without other services; a test opens them when it needs them."""
    ports = [int(url.rpartition(":")[2]) for url in (settings.permits_url, settings.notifications_url)]
    services = [
        StubService(name, tmp_path / "signing.public.json", port)
        for name, port in zip(("permits", "notifications"), ports, strict=True)
    ]
    async with serve_gateway(settings) as app, httpx2.AsyncClient(base_url=settings.issuer, timeout=30) as http:
        hub = RunningGateway(settings.issuer, settings, app, services[0], services[1], http)
        await wait_ready(http)
        hub.admin = await hub.sign_in(json.loads((tmp_path / "admin.json").read_text()))
        yield hub
    for service in services:
        await service.close()


@pytest.fixture
async def hub(alone: RunningGateway) -> RunningGateway:
    """A gateway with stubs of the other services."""
    await alone.permits.open()
    await alone.notifications.open()
    return alone


def declaration(reference: str | None = None, **changes: Any) -> Body:
    """Return a valid import declaration of the trader."""
    made: Body = {
        "reference": reference or f"B-{secrets.token_hex(6)}",
        "movement": "import",
        "exporter": {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"},
        "importer": {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"},
        "export_country": "ZA",
        "import_country": "FR",
        "items": [
            {
                "number": 1,
                "taxon": "Crocodylus niloticus",
                "term": "SKI",
                "quantity": "100",
                "unit": "number",
                "source": "R",
                "purpose": "T",
                "documents": [{"number": "ZA-2026-000123", "issuer": "ZA", "line": "A"}],
            }
        ],
    }
    return made | changes


Change = Callable[[Body], None]
