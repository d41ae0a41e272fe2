"""The metrics of the gateway: on a port of their own, never on the public port."""

import httpx2

from services.cli.ports import free_ports
from services.gateway.actions.metrics import collect_metrics
from services.gateway.settings import Settings
from shared.metrics import render_metrics
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway
from tests.waiting import WAIT_SECONDS


async def test_public_port_serves_no_metrics(alone: RunningGateway) -> None:
    assert (await alone.http.get("/metrics")).status_code == 404


async def test_metrics_port_serves_metrics_and_nothing_else(settings: Settings) -> None:
    with_metrics = settings.model_copy(update={"metrics_port": free_ports(1)[0]})
    async with (
        serve_gateway(with_metrics),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{with_metrics.metrics_port}", timeout=WAIT_SECONDS) as http,
    ):
        response = await http.get("/metrics")
        assert response.status_code == 200 and response.headers["content-type"].startswith("text/plain")
        assert "saola_database_up 1.0" in response.text
        assert "saola_submissions_oldest_waiting_seconds 0.0" in response.text
        assert (await http.get("/v1/me")).status_code == 404


async def test_metrics_count_accepted_and_waiting_submissions(alone: RunningGateway) -> None:
    header = await alone.trader()
    before = await _read_metrics(alone)
    assert (await alone.lodge(header, declaration())).status_code == 202
    after = await _read_metrics(alone)
    assert after["saola_declarations_accepted_total"] == before["saola_declarations_accepted_total"] + 1
    assert after["saola_submissions_waiting"] == before["saola_submissions_waiting"] + 1, "permits is unavailable"


async def _read_metrics(hub: RunningGateway) -> dict[str, float]:
    services = hub.context.permits, hub.context.notifications
    lines = (await render_metrics(lambda: collect_metrics(hub.context.engine, services))).decode().splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}
