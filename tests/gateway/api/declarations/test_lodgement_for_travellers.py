"""Customs of the deciding country lodges for a traveller, and for nobody else."""

import json
from typing import Any

from tests.gateway.conftest import Body, RunningGateway, declaration
from tests.gateway.customs_messages import customs_message
from tests.waiting import wait_until

TRAVELLER: Body = {"name": "Ada Lovelace", "country": "FR"}
OTHER_SIDE: Body = {"name": "Shop", "country": "ZA"}
MESSAGES = "/internal/declarations"


def import_of_traveller(**changes: Any) -> Body:
    """Return an import of a traveller into FR. Each call has a new reference."""
    return declaration(importer=TRAVELLER, exporter=OTHER_SIDE, **changes)


def export_of_traveller(**changes: Any) -> Body:
    """Return an export of a traveller from FR. Each call has a new reference."""
    sides = {"exporter": TRAVELLER, "importer": OTHER_SIDE, "export_country": "FR", "import_country": "ZA"}
    return declaration(movement="export", **{**sides, **changes})


def _messages(hub: RunningGateway) -> list[Body]:
    batches = [json.loads(one.body) for one in hub.permits.requests_to(MESSAGES)]
    return [message for batch in batches for message in batch["letters"]]


async def received_messages(hub: RunningGateway, count: int) -> list[Body]:
    """Return the submissions that permits received, as soon as there are so many."""
    await wait_until(lambda: len(_messages(hub)) >= count)
    return _messages(hub)


async def test_customs_of_the_deciding_country_lodges_for_a_traveller(hub: RunningGateway) -> None:
    party, customs = await hub.party("customs")
    for body in (import_of_traveller(), export_of_traveller()):
        response = await hub.lodge(customs, body)
        assert response.status_code == 202, response.text
    messages = await received_messages(hub, 2)
    [credential] = (await hub.http.get(f"/v1/parties/{party['id']}/credentials", headers=hub.admin)).json()["data"]
    assert {(m["party"]["id"], m["trader"]) for m in messages} == {(party["id"], party["id"])}
    assert [m["officer"] for m in messages] == [credential["client_id"]] * 2


async def test_trader_who_lodges_names_no_officer(hub: RunningGateway) -> None:
    assert (await hub.lodge(await hub.trader(), declaration())).status_code == 202
    [message] = await received_messages(hub, 1)
    assert "officer" not in message


async def test_customs_that_lodges_for_anybody_else_is_refused(hub: RunningGateway) -> None:
    _, customs = await hub.party("customs", identifiers={"EORI": "FR-OFFICE"})
    _, elsewhere = await hub.party("customs", country="ZA")
    trader_id = (await hub.http.get("/v1/me", headers=await hub.trader())).json()["id"]
    named = TRAVELLER | {"identifier": "FR99988877700011"}
    office = TRAVELLER | {"identifier": "FR-OFFICE"}
    for who, body, pointer, words in (
        (customs, declaration(), "/importer/identifier", "Customs lodges only for a traveller"),
        (customs, declaration(importer=named), "/importer/identifier", "Customs lodges only for a traveller"),
        (customs, declaration(importer=office), "/importer/identifier", "Customs lodges only for a traveller"),
        (customs, import_of_traveller(trader=trader_id), "/trader", "a traveller is no party"),
        (customs, import_of_traveller(import_country="DE"), "/import_country", "it is not yours"),
        (customs, export_of_traveller(export_country="ZA"), "/export_country", "it is not yours"),
        (elsewhere, import_of_traveller(), "/import_country", "it is not yours"),
    ):
        response = await hub.lodge(who, body)
        problem = response.json()
        assert (response.status_code, problem["code"]) == (403, "not-your-declaration"), body
        assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
        assert words in problem["detail"]


async def test_trader_without_the_role_of_customs_lodges_for_no_traveller(hub: RunningGateway) -> None:
    response = await hub.lodge(await hub.trader(), import_of_traveller())
    assert (response.status_code, response.json()["code"]) == (403, "not-your-declaration")


async def test_bulk_of_customs_has_a_result_for_each_traveller(hub: RunningGateway) -> None:
    _, customs = await hub.party("customs")
    lines = b"\n".join(json.dumps(one).encode() for one in (import_of_traveller(), declaration()))
    response = await hub.http.post(
        "/v1/declarations/bulk", content=lines, headers=customs | {"Content-Type": "application/x-ndjson"}
    )
    results = [json.loads(line) for line in response.text.splitlines()]
    assert [one["status_code"] for one in results] == [202, 403]
    [message] = await received_messages(hub, 1)
    assert message["officer"]


async def test_declaration_of_a_traveller_is_read_as_customs_lodged_it(alone: RunningGateway) -> None:
    party, customs = await alone.party("customs")
    lodged = (await alone.lodge(customs, import_of_traveller())).json()
    view = (await alone.http.get(lodged["links"]["self"], headers=customs)).json()
    assert view["history"][0]["by"]["role"] == "customs"
    assert (view["lodged_by"], view["importer"]["name"]) == (party["id"], "Ada Lovelace")
    for link in ("content", "receipt"):
        assert (await alone.http.get(lodged["links"][link], headers=customs)).status_code == 200
        _, other = await alone.party("customs")
        assert (await alone.http.get(lodged["links"][link], headers=other)).status_code == 404


async def test_customs_message_of_a_traveller_has_a_name_and_no_identifier(hub: RunningGateway) -> None:
    _, customs = await hub.party("customs")
    named = b"<Importer><Name>Ada Lovelace</Name><Address><CountryCode>FR</CountryCode></Address></Importer>"
    message = customs_message("T-1")
    traveller = message.replace(b"<Importer><ID>FR99988877700011</ID></Importer>", named)
    assert traveller != message
    assert (await hub.lodge(customs, traveller, content_type="application/xml")).status_code == 202
    [sent] = await received_messages(hub, 1)
    assert (sent["declaration"]["importer"], bool(sent["officer"])) == (TRAVELLER, True)
    refused = await hub.lodge(customs, customs_message("T-2"), content_type="application/xml")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-declaration")
