"""The processes of notifications: settings, readiness, a clean end."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from services.cli.databases import Server
from services.cli.ports import free_ports
from tests.notifications.conftest import Service, event_message, party
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_for_lock, wait_until

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(service: Service, entry: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an entry point with the service's settings during the block, and kill it at the end."""
    told = {name: str(value) for name, value in service.settings.model_dump(mode="json").items()} | more
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"from services.notifications.{entry} import run; run()",
        cwd=ROOT,
        env={**os.environ, **{f"NOTIFICATIONS_{name}".upper(): value for name, value in told.items()}},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def test_worker_on_sigterm_finishes_deliveries_in_flight(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url)
    landing = asyncio.Event()

    async def slowly(received: WebhookRequest) -> None:
        await landing.wait()

    receiver.respond = slowly
    async with process(service, "worker") as worker:
        await service.send_events(event_message(to=who))
        await wait_until(lambda: receiver.requests)
        worker.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.05)
        landing.set()
        assert await asyncio.wait_for(worker.wait(), 20) == 0
    assert await service.scalar("SELECT status FROM deliveries") == "delivered"


async def test_worker_does_not_import_the_web_framework() -> None:
    loads = (
        "import sys, services.notifications.worker; print([m for m in ('fastapi', 'starlette') if m in sys.modules])"
    )
    asked = await asyncio.create_subprocess_exec(sys.executable, "-c", loads, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert (await asked.communicate())[0].strip() == b"[]"


async def test_server_on_sigterm_ends_waits_for_events_and_exits(service: Service, server: Server) -> None:
    port = str(free_ports(1)[0])
    admin = await server.connect_as_superuser(urlsplit(service.settings.database_url).path.lstrip("/"))
    async with (
        process(service, "main", port=port) as started,
        httpx2.AsyncClient(timeout=40, auth=service.http.auth) as http,
    ):
        url = f"http://127.0.0.1:{port}"
        await wait_until(lambda: ready(http, url))
        query = {"after": "0", "seconds": "30"}
        async with admin.transaction():
            await admin.execute("LOCK TABLE feed_counter")
            waiting = asyncio.create_task(
                http.get(f"{url}/internal/feed-progress", params=query, headers=service.headers_as_gateway())
            )
            await wait_for_lock(service.engine)  # so the server has the request
        started.send_signal(signal.SIGTERM)
        response = await asyncio.wait_for(waiting, 20)
        assert (response.status_code, response.json()["parties"]) == (200, [])
        await asyncio.wait_for(started.wait(), 20)
    await admin.close()


async def ready(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def test_settings_that_are_wrong_are_all_reported_at_once(service: Service) -> None:
    async with process(service, "worker", schedule="soon", colour="red") as worker:
        assert worker.stderr is not None
        output = (await worker.stderr.read()).decode()
        assert await worker.wait() == 78
    assert "NOTIFICATIONS_SCHEDULE" in output
    assert "NOTIFICATIONS_COLOUR" in output
