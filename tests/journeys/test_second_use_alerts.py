"""Alerts about second uses on a whole hub: all for offices, a part for holders, nothing for the stranger."""

import secrets
from typing import Any

from tests.gateway.customs_messages import customs_message, document_xml, goods_item_xml
from tests.hub import RunningHub
from tests.journeys.hub_parties import HubParties, PartyAccess, declaration, open_hub_parties, permit
from tests.waiting import block_until

Body = dict[str, Any]
WAIT = {"Prefer": "wait=20"}


def lodge_xml(parties: HubParties, who: PartyAccess, number: str, quantity: str) -> Body:
    """Lodge customs XML, which never names the issuer of a permit. Return the declaration after its check."""
    cited = goods_item_xml(document_xml(number, off=quantity))
    message = customs_message(secrets.token_hex(8), cited, importer=who.number)
    headers = {"Content-Type": "application/xml", **WAIT}
    found: Body = parties.request(who, "POST", "/v1/declarations", message, headers, expect=200).json()
    return found


def list_alerts(parties: HubParties, who: PartyAccess) -> list[Body]:
    """Return the data of the alerts in the feed of a party, each with the id of its event."""
    page = parties.get(who, "/v1/events?after=&types=permit.second_use_attempted")
    return [event["data"] | {"event": event["id"]} for event in page["data"]]


def test_second_use_in_xml_is_alerted_once_in_full_to_offices_and_in_part_to_the_holder(hub: RunningHub) -> None:
    parties, mark = open_hub_parties(hub), secrets.token_hex(6).upper()
    authority, customs = parties.party("authority", country="ZA"), parties.party("customs", country="ZA")
    exporter = parties.party("trader", country="ZA", number=f"ZA{mark}")
    holder, stranger, other = (parties.party("trader", country="FR", number=f"FR{mark}{n}") for n in range(3))
    issued = parties.post(authority, "/v1/permits", permit(exporter, holder), expect=201)
    box_14 = {"lines": [{"line": "A", "quantity": "110"}], "port": "Durban"}
    parties.post(customs, f"/v1/permits/{issued['id']}/endorsement", box_14)
    used = parties.post(
        holder, "/v1/declarations", declaration(exporter, holder, issued["number"]), headers=WAIT, expect=200
    )
    assert used["status"] == "accepted"

    attempts = [lodge_xml(parties, who, issued["number"], "7") for who in (stranger, stranger, stranger, other)]
    assert {one["status"] for one in attempts} == {"rejected"}
    alerts = block_until(lambda: found if len(found := list_alerts(parties, authority)) >= 2 else [])
    assert [alert["declaration_id"] for alert in alerts] == [attempts[0]["id"], attempts[3]["id"]]
    assert [(alert["permit_id"], alert["attempt_count"]) for alert in alerts] == [(issued["id"], 1)] * 2
    assert [one["asked"] for alert in alerts for one in alert["attempts"]] == ["7", "7"]
    assert alerts[0]["reference"] == attempts[0]["reference"]

    for_holder = block_until(lambda: found if len(found := list_alerts(parties, holder)) >= 2 else [])
    hidden: Body = {"declaration_id": None, "reference": None, "attempts": []}
    assert for_holder == [alert | hidden for alert in alerts]
    assert list_alerts(parties, stranger) == list_alerts(parties, other) == []
    assert parties.response_faults == []
