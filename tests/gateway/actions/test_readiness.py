"""The readiness of the gateway, and its work until then."""

import json
from datetime import timedelta
from email.utils import format_datetime

import httpx2
from aiohttp import web
from sqlalchemy import text

from services.cli.databases import Server, migrate
from services.gateway.actions.metrics import collect_metrics
from services.gateway.settings import Settings
from shared.database import now
from shared.metrics import render_metrics
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway, wait_ready
from tests.gateway.stub_service import ReceivedRequest
from tests.waiting import WAIT_SECONDS, wait_until


async def test_readiness_waits_for_the_migration_of_the_database(
    settings: Settings, server: Server, templates: str
) -> None:
    name = f"{templates}gateway_empty"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER gateway_owner')
    waiting_settings = settings.model_copy(update={"database_url": server.url(name, "gateway_runner", "test")})
    assert settings.admin_file is not None
    try:
        async with (
            serve_gateway(waiting_settings),
            httpx2.AsyncClient(base_url=waiting_settings.issuer, timeout=WAIT_SECONDS) as http,
        ):
            waiting = await http.get("/readyz")
            assert (waiting.status_code, waiting.json()["code"]) == (503, "not-ready")
            assert "saola migrate" in waiting.json()["detail"]
            assert (await http.get("/healthz")).status_code == 200
            assert not settings.admin_file.exists()
            migrate("gateway", server.url(name, "gateway_owner", "test"))
            await wait_ready(http)
            assert json.loads(settings.admin_file.read_text()).keys() == {"client_id", "client_secret"}
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def test_readiness_fails_at_another_migration(hub: RunningGateway, server: Server) -> None:
    async with hub.context.engine.connect() as conn:
        name = (await conn.execute(text("SELECT current_database()"))).scalar_one()
    admin = await server.connect_as_superuser(name)
    await admin.execute("UPDATE alembic_version SET version_num = '0099_later'")
    await admin.close()
    response = await hub.http.get("/readyz")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "0099_later" in response.json()["detail"]


async def test_readiness_does_not_depend_on_other_services(alone: RunningGateway) -> None:
    assert (await alone.http.get("/readyz")).json()["status"] == "ready"


async def test_readiness_shows_reconciliations_that_wait_for_other_services(alone: RunningGateway) -> None:
    async def failed() -> bool:
        response = await alone.http.get("/readyz")
        found = {one["messages"]: one["status"] for one in response.json()["reconciliations"]}
        return response.status_code == 200 and found == dict.fromkeys(("submissions", "parties", "mandates"), "failed")

    await wait_until(failed)


async def test_readiness_fails_while_the_clock_of_permits_differs(hub: RunningGateway) -> None:
    async def respond(request: ReceivedRequest) -> web.StreamResponse | None:
        return web.Response(status=401, headers={"Date": format_datetime(now() - timedelta(hours=1))})

    hub.permits.respond = respond
    assert (await hub.lodge(await hub.trader(), declaration())).status_code == 202

    async def is_unready() -> bool:
        return (await hub.http.get("/readyz")).status_code == 503

    await wait_until(is_unready)
    detail = (await hub.http.get("/readyz")).json()["detail"]
    assert "ahead of that of the permits service. Set both clocks by the same time server." in detail
    services = hub.context.permits, hub.context.notifications
    metrics = (await render_metrics(lambda: collect_metrics(hub.context.engine, services))).decode()
    assert float(metrics.partition('saola_clock_skew_seconds{other="permits"} ')[2].split()[0]) > 3_500
    assert 'saola_clock_skew_seconds{other="database"} ' in metrics
    hub.permits.respond = None
    await wait_ready(hub.http)
