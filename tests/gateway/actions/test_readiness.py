"""When the gateway says that it is ready, and what it does until then."""

import asyncio
import json

import httpx2
from sqlalchemy import text

from services.cli.databases import Server, migrate
from services.gateway.settings import Settings
from tests.gateway.conftest import RunningGateway, serve_gateway


async def test_a_database_that_is_not_migrated_is_waited_for(
    settings: Settings, server: Server, templates: str
) -> None:
    name = f"{templates}gateway_empty"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER gateway_owner')
    late = settings.model_copy(update={"database_url": server.url(name, "gateway_runner", "test")})
    assert settings.admin_file is not None
    try:
        async with serve_gateway(late), httpx2.AsyncClient(base_url=late.issuer) as http:
            waits = await http.get("/readyz")
            assert (waits.status_code, waits.json()["code"]) == (503, "not-ready")
            assert "saola migrate" in waits.json()["detail"]
            assert (await http.get("/healthz")).status_code == 200
            assert not settings.admin_file.exists()
            migrate("gateway", server.url(name, "gateway_owner", "test"))
            async with asyncio.timeout(20):
                while (await http.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.05)
            assert json.loads(settings.admin_file.read_text()).keys() == {"client_id", "client_secret"}
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def test_a_database_at_another_migration_is_not_ready(hub: RunningGateway, server: Server) -> None:
    async with hub.context.engine.connect() as inside:
        name = (await inside.execute(text("SELECT current_database()"))).scalar_one()
    admin = await server.connect_as_superuser(name)
    await admin.execute("UPDATE alembic_version SET version_num = '0099_later'")
    await admin.close()
    response = await hub.http.get("/readyz")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "0099_later" in response.json()["detail"]


async def test_neighbours_that_are_away_do_not_make_it_unready(alone: RunningGateway) -> None:
    assert (await alone.http.get("/readyz")).json() == {"status": "ready"}
