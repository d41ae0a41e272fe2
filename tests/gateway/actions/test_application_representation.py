"""Applications for permits of agents: made, answered and withdrawn in a trader's name while its mandate lives."""

from typing import Any

import httpx2
import pytest
from aiohttp import web

from shared.database import now
from tests.gateway.conftest import Body, RunningGateway
from tests.gateway.stub_service import ReceivedRequest

TODAY = now().date().isoformat()
A = "/v1/permit-applications"
ID = "019a0d5e-6a00-7c3e-8a11-0242ac120010"


def application(**changes: Any) -> Body:
    goods = {"line": "A", "taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV"}
    made: Body = {
        "kind": "export", "exporter": {"name": "T", "country": "FR", "identifier": "FR1"},
        "importer": {"name": "Buyer", "country": "GB", "identifier": "GB1"}, "export_country": "FR",
        "import_country": "GB", "purpose": "T", "lines": [goods | {"quantity": "1", "unit": "number"}],
    }  # fmt: skip
    return made | changes


class Two:
    """A trader, and an agent that holds its mandate."""

    def __init__(self, hub: RunningGateway) -> None:
        self.hub = hub

    async def come(self) -> "Two":
        self.trader, self.own = await self.hub.party("trader", identifiers={"EORI": "FR1"})
        self.agent, self.its = await self.hub.party("trader", identifiers={"EORI": "DE1"})
        days = {"from": TODAY, "until": TODAY, "agent": self.agent["id"]}
        self.mandate = (await self.hub.http.post("/v1/mandates", json=days, headers=self.own)).json()["id"]
        return self

    async def apply(self, **changes: Any) -> httpx2.Response:
        return await self.hub.http.post(A, json=application(**changes), headers=self.its)

    def asked_for(self, path: str = A) -> str | None:
        acts = self.hub.permits.requests_to(path)[-1].caller.acts_for
        return str(acts.party) if acts else None


@pytest.fixture
async def two(hub: RunningGateway) -> Two:
    return await Two(hub).come()


async def test_an_agent_applies_in_the_name_of_who_gave_it_a_mandate(two: Two) -> None:
    assert (await two.apply(trader=two.trader["id"])).status_code == 200
    assert two.asked_for() == two.trader["id"]
    assert (await two.apply()).status_code == 200, "its number names the trader too"
    assert two.asked_for() == two.trader["id"]
    own = {"exporter": {"name": "I", "country": "DE", "identifier": "DE1"}}
    for changes in (own, own | {"trader": two.agent["id"]}, {"colour": "blue"}, {"exporter": {"name": "?"}}):
        await two.apply(**changes)
        assert two.asked_for() is None, changes
    permits = [asked.json for asked in two.hub.permits.requests_to(A)]
    assert permits[0] == application(trader=two.trader["id"]), "what was sent goes on as it is"


async def test_without_a_mandate_it_is_refused_or_asked_in_its_own_name(two: Two) -> None:
    await two.hub.http.delete(f"/v1/mandates/{two.mandate}", headers=two.own)
    refused = await two.apply(trader=two.trader["id"])
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-application")
    assert two.hub.permits.requests_to(A) == []
    await two.apply()
    assert two.asked_for() is None, "permits refuses who is not named"


@pytest.mark.parametrize("verb", ["answer", "withdrawal"])
async def test_an_agent_answers_and_withdraws_only_while_its_mandate_lives(two: Two, verb: str) -> None:
    async def made(asked: ReceivedRequest) -> web.StreamResponse:
        return web.json_response({"trader": two.trader["id"]})

    two.hub.permits.respond = made
    path = f"{A}/{ID}/{verb}"

    async def says(headers: dict[str, str]) -> httpx2.Response:
        return await two.hub.http.post(path, json={"reason": "so"}, headers=headers)

    assert (await says(two.its)).status_code == 200
    assert two.asked_for(path) == two.trader["id"]
    assert (await says(two.own)).status_code == 200
    assert two.asked_for(path) is None
    await two.hub.http.delete(f"/v1/mandates/{two.mandate}", headers=two.own)
    ended = await says(two.its)
    assert (ended.status_code, ended.json()["code"]) == (403, "not-your-application")
    assert len(two.hub.permits.requests_to(path)) == 2
