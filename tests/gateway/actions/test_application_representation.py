"""Applications of agents: lodged, answered and withdrawn for a trader under an active mandate."""

from typing import Any

import httpx2
import pytest
from aiohttp import web

from tests.days import today
from tests.gateway.conftest import Body, RunningGateway
from tests.gateway.stub_service import ReceivedRequest

APPLICATIONS = "/v1/permit-applications"
APPLICATION_ID = "019a0d5e-6a00-7c3e-8a11-0242ac120010"


def application(**changes: Any) -> Body:
    goods = {"line": "A", "taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV"}
    show_application: Body = {
        "kind": "export", "exporter": {"name": "T", "country": "FR", "identifier": "FR1"},
        "importer": {"name": "Buyer", "country": "GB", "identifier": "GB1"}, "export_country": "FR",
        "import_country": "GB", "purpose": "T", "lines": [goods | {"quantity": "1", "unit": "number"}],
    }  # fmt: skip
    return show_application | changes


class TraderAndAgent:
    """A trader, and an agent with its mandate."""

    def __init__(self, hub: RunningGateway) -> None:
        self.hub = hub

    async def set_up(self) -> "TraderAndAgent":
        self.trader, self.trader_headers = await self.hub.party("trader", identifiers={"EORI": "FR1"})
        self.agent, self.agent_headers = await self.hub.party("trader", identifiers={"EORI": "DE1"})
        day = today().isoformat()
        days = {"from": day, "until": day, "agent": self.agent["id"]}
        self.mandate = (await self.hub.http.post("/v1/mandates", json=days, headers=self.trader_headers)).json()["id"]
        return self

    async def apply(self, **changes: Any) -> httpx2.Response:
        return await self.hub.http.post(APPLICATIONS, json=application(**changes), headers=self.agent_headers)

    def represented_trader(self, path: str = APPLICATIONS) -> str | None:
        acts = self.hub.permits.requests_to(path)[-1].caller.acts_for
        return str(acts.party) if acts else None


@pytest.fixture
async def parties(hub: RunningGateway) -> TraderAndAgent:
    return await TraderAndAgent(hub).set_up()


async def test_agent_with_a_mandate_applies_for_its_trader(parties: TraderAndAgent) -> None:
    assert (await parties.apply(trader=parties.trader["id"])).status_code == 200
    mandate = await parties.hub.http.get(f"/v1/mandates/{parties.mandate}", headers=parties.trader_headers)
    assert mandate.json()["status"] == "active", "its first use accepts it"
    assert parties.represented_trader() == parties.trader["id"]
    assert (await parties.apply()).status_code == 200, "its identifier names the trader too"
    assert parties.represented_trader() == parties.trader["id"]
    own = {"exporter": {"name": "I", "country": "DE", "identifier": "DE1"}}
    for changes in (own, own | {"trader": parties.agent["id"]}, {"colour": "blue"}, {"exporter": {"name": "?"}}):
        await parties.apply(**changes)
        assert parties.represented_trader() is None, changes
    permits = [received.json for received in parties.hub.permits.requests_to(APPLICATIONS)]
    assert permits[0] == application(trader=parties.trader["id"]), "the body is forwarded unchanged"


async def test_agent_without_a_mandate_is_refused_or_applies_for_itself(parties: TraderAndAgent) -> None:
    await parties.hub.http.delete(f"/v1/mandates/{parties.mandate}", headers=parties.trader_headers)
    refused = await parties.apply(trader=parties.trader["id"])
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-application")
    assert parties.hub.permits.requests_to(APPLICATIONS) == []
    await parties.apply()
    assert parties.represented_trader() is None, "permits refuses a party that the application does not name"


@pytest.mark.parametrize("verb", ["answer", "withdrawal"])
async def test_agent_answers_and_withdraws_only_under_an_active_mandate(parties: TraderAndAgent, verb: str) -> None:
    async def show_application(received: ReceivedRequest) -> web.StreamResponse:
        return web.json_response({"trader": parties.trader["id"]})

    parties.hub.permits.respond = show_application
    path = f"{APPLICATIONS}/{APPLICATION_ID}/{verb}"
    acceptance = f"/v1/mandates/{parties.mandate}/acceptance"

    async def respond(headers: dict[str, str]) -> httpx2.Response:
        return await parties.hub.http.post(path, json={"reason": "so"}, headers=headers)

    assert (await respond(parties.agent_headers)).status_code == 403, "the mandate is offered"
    assert (await parties.hub.http.post(acceptance, headers=parties.agent_headers)).status_code == 200
    assert (await respond(parties.agent_headers)).status_code == 200
    assert parties.represented_trader(path) == parties.trader["id"]
    assert (await respond(parties.trader_headers)).status_code == 200
    assert parties.represented_trader(path) is None
    await parties.hub.http.delete(f"/v1/mandates/{parties.mandate}", headers=parties.trader_headers)
    ended = await respond(parties.agent_headers)
    assert (ended.status_code, ended.json()["code"]) == (403, "not-your-application")
    assert len(parties.hub.permits.requests_to(path)) == 2
