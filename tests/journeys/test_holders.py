"""A stranger writes the name or the number of a holder: it gets nothing, and the holder loses nothing."""

import secrets
from typing import Any

import pytest

from tests.hub import RunningHub
from tests.journeys.hub_parties import HubParties, PartyAccess, declaration, open_hub_parties, permit
from tests.waiting import block_until

Body = dict[str, Any]
OWN_PARTY = "CITES-box-3-4-own-party"
WAIT = {"Prefer": "wait=20"}


class Shipment:
    """A permit from ZA to FR, the offices, and its importer."""

    def __init__(self, hub: RunningHub) -> None:
        self.parties: HubParties = open_hub_parties(hub)
        party, number = self.parties.party, secrets.token_hex(6).upper()
        self.authority, self.customs_za = party("authority", country="ZA"), party("customs", country="ZA")
        self.customs = party("customs", country="FR")
        self.exporter = party("trader", country="ZA", number=f"ZA{number}")
        self.holder = party("trader", country="FR", number=f"FR {number}/1")

    def issue(self, **changes: Any) -> Body:
        """Issue and endorse a permit."""
        issued: Body = self.parties.post(
            self.authority, "/v1/permits", permit(self.exporter, self.holder) | changes, expect=201
        )
        box_14 = {"lines": [{"line": "A", "quantity": "110"}], "port": "Durban"}
        self.parties.post(self.customs_za, f"/v1/permits/{issued['id']}/endorsement", box_14)
        return issued

    def lodge(self, who: PartyAccess, number: str, **changes: Any) -> Body:
        """Lodge a declaration under the name of the holder, and return it as its trader reads it after the check."""
        stated = declaration(self.exporter, who, number, **changes)
        found: Body = self.parties.post(who, "/v1/declarations", stated, headers=WAIT, expect=200)
        return found

    def confirm(self, declared: Body) -> Body:
        """Confirm the holder as customs of the import country. Return the declaration as customs reads it."""
        path, reason = f"/v1/declarations/{declared['id']}/override", "compared with the register of companies"
        confirmed: Body = self.parties.post(self.customs, path, {"rule": OWN_PARTY, "reason": reason})
        return confirmed

    def available(self, issued: Body) -> str:
        line: Body = self.parties.get(self.authority, f"/v1/permits/{issued['id']}")["lines"][0]
        return str(line["balance"]["available"])

    def listed(self, who: PartyAccess) -> list[str]:
        return [one["id"] for one in self.parties.get(who, "/v1/permits")["data"]]


@pytest.fixture(scope="module")
def shipment(hub: RunningHub) -> Shipment:
    return Shipment(hub)


def strip(finding: Body) -> Body:
    return {name: value for name, value in finding.items() if name not in {"message", "permit", "remedy"}}


def test_stranger_who_writes_the_name_of_a_holder_neither_reserves_nor_reads(shipment: Shipment) -> None:
    parties, nameless = shipment.parties, {"name": "B SARL", "country": "FR"}
    stranger = parties.party("trader", country="FR", number=f"FR{secrets.token_hex(6)}")
    issued = shipment.issue(importer=nameless)
    attempt = shipment.lodge(stranger, issued["number"], quantity="110")
    assert (attempt["status"], attempt["usage"]) == ("referred", [])
    [found] = attempt["findings"]
    assert (found["rule"], found["severity"], found["permit"]["line"]) == (OWN_PARTY, "refer", "A"), "as it declared"
    assert found["found"] == f"a name alone, declared by B SARL (FR, {stranger.number})"
    assert shipment.available(issued) == "110"
    assert parties.request(stranger, "GET", f"/v1/permits/{issued['id']}").status_code == 404
    assert shipment.listed(stranger) == []
    events = block_until(lambda: parties.get(stranger, "/v1/events?after=")["data"])
    assert {event["type"].partition(".")[0] for event in events} == {"declaration"}

    honest = shipment.lodge(shipment.holder, issued["number"])
    assert (honest["status"], [one["rule"] for one in honest["findings"]]) == ("referred", [OWN_PARTY])
    confirmed = shipment.confirm(honest)
    assert (confirmed["status"], confirmed["usage"][0]["reserved"]) == ("accepted", "100")
    assert shipment.available(issued) == "10"
    released = parties.post(shipment.customs, f"/v1/declarations/{honest['id']}/release")
    assert (released["status"], released["usage"][0]["consumed"]) == ("released", "100")
    own = parties.get(shipment.holder, f"/v1/permits/{issued['id']}")
    assert own["usage"][0]["consumed"] == "100"


def test_stranger_of_another_country_with_the_same_number_is_nobody(shipment: Shipment) -> None:
    issued = shipment.issue()
    stranger = shipment.parties.party("trader", country="KE", number=shipment.holder.number.lower().replace(" ", "-"))
    attempt = shipment.lodge(stranger, issued["number"])
    guessed = shipment.lodge(stranger, "ZA-0")
    assert attempt["status"] == guessed["status"] == "rejected"
    rules = [(one["rule"], one["severity"]) for one in attempt["findings"]]
    assert rules == [("registered-country", "refer"), ("registered-name", "note"), ("CITES-VI.1-permit-known", "block")]
    assert [strip(one) | {"found": None} for one in attempt["findings"][2:]] == [
        strip(one) | {"found": None} for one in guessed["findings"][2:]
    ]
    assert shipment.listed(stranger) == []
    assert issued["id"] in shipment.listed(shipment.holder)
    assert shipment.parties.request(stranger, "GET", f"/v1/permits/{issued['id']}").status_code == 404
    assert shipment.lodge(shipment.holder, issued["number"])["status"] == "accepted"

    def event_types(who: PartyAccess) -> set[str]:
        return {event["type"] for event in shipment.parties.get(who, "/v1/events?after=")["data"]}

    assert block_until(lambda: "permit.issued" in event_types(shipment.holder))
    assert not {kind for kind in event_types(stranger) if kind.startswith("permit.")}
