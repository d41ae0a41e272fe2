"""The gateway's figures: at a port of their own, never at the public one."""

import httpx2

from services.cli.ports import free_ports
from services.gateway.actions.metrics import collect_metrics
from services.gateway.settings import Settings
from shared.metrics import render_metrics
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway


async def test_the_public_port_serves_no_figures(alone: RunningGateway) -> None:
    assert (await alone.http.get("/metrics")).status_code == 404


async def test_figures_are_served_at_a_port_of_their_own_and_nothing_else_is(settings: Settings) -> None:
    apart = settings.model_copy(update={"metrics_port": free_ports(1)[0]})
    async with serve_gateway(apart), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{apart.metrics_port}") as http:
        response = await http.get("/metrics")
        assert response.status_code == 200 and response.headers["content-type"].startswith("text/plain")
        assert "saola_database_up 1.0" in response.text
        assert "saola_submissions_oldest_waiting_seconds 0.0" in response.text
        assert (await http.get("/v1/me")).status_code == 404


async def test_what_was_accepted_and_waits_is_counted(alone: RunningGateway) -> None:
    header = await alone.trader()
    before = await _figures(alone)
    assert (await alone.lodge(header, declaration())).status_code == 202
    after = await _figures(alone)
    assert after["saola_declarations_accepted_total"] == before["saola_declarations_accepted_total"] + 1
    assert after["saola_submissions_waiting"] == before["saola_submissions_waiting"] + 1, "permits is away"


async def _figures(hub: RunningGateway) -> dict[str, float]:
    lines = (await render_metrics(lambda: collect_metrics(hub.context.engine))).decode().splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}
