"""The trader of a transit: the side in the country of the trader declares."""

import pytest

from tests.days import today
from tests.gateway.conftest import Body, RunningGateway, declaration

EXPORTER: Body = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}
IMPORTER: Body = {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"}


def _transit(exporter: Body = EXPORTER) -> Body:
    return declaration(movement="transit", transit_country="NL", exporter=exporter, importer=IMPORTER)


@pytest.mark.parametrize(("country", "identifier"), [("ZA", "ZA1234567"), ("FR", "FR99988877700011")])
async def test_exporter_or_importer_declares_a_transit(hub: RunningGateway, country: str, identifier: str) -> None:
    _, headers = await hub.party("trader", country=country, identifiers={"EORI": identifier})
    assert (await hub.lodge(headers, _transit())).status_code == 202


async def test_third_party_declares_no_transit_without_a_mandate(hub: RunningGateway) -> None:
    _, headers = await hub.party("trader", country="FR", identifiers={"EORI": "FR1"})
    refused = await hub.lodge(headers, _transit(exporter=EXPORTER | {"country": "FR"}))
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-declaration")
    assert refused.json()["errors"][0]["pointer"] == "/exporter/identifier", "both sides are of its country"


async def test_agent_declares_a_transit_for_an_importer_whose_exporter_has_no_identifier(hub: RunningGateway) -> None:
    trader, trader_headers = await hub.party("trader", country="FR", identifiers={"EORI": IMPORTER["identifier"]})
    agent, agent_headers = await hub.party("trader", country="NL", identifiers={"EORI": "NL1"})
    day = today().isoformat()
    stated = {"agent": agent["id"], "from": day, "until": day}
    assert (await hub.http.post("/v1/mandates", json=stated, headers=trader_headers)).status_code == 201
    lodged = await hub.lodge(agent_headers, _transit(exporter={"name": "A (Pty) Ltd", "country": "ZA"}))
    assert lodged.status_code == 202
    [sent] = await hub.permits.wait_for_requests("/internal/declarations")
    assert sent.json["letters"][0]["trader"] == trader["id"]


async def test_field_of_a_transit_in_another_movement_is_refused(hub: RunningGateway) -> None:
    _, headers = await hub.party("trader", country="FR", identifiers={"EORI": IMPORTER["identifier"]})
    for name, value in (("transit_country", "NL"), ("exit_due", "2026-03-01")):
        refused = await hub.lodge(headers, declaration(**{name: value}))
        assert refused.status_code == 422
        assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(f"/{name}", "transit-field-alone")]
