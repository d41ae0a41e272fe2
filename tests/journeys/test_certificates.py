"""A certificate of the wrong kind: refused at issue, and referred if only an officer can judge it."""

import secrets
from typing import Any

import pytest

from tests.hub import RunningHub
from tests.journeys.hub_parties import HubParties, PartyAccess, declaration, open_hub_parties, permit

Body = dict[str, Any]
TIGER = {
    "line": "A", "taxon": "Panthera tigris", "appendix": "I", "source": "C", "term": "SKI", "quantity": "2",
    "unit": "number", "origin_country": "ZA",
}  # fmt: skip


class Trade:
    """The offices and the traders of a shipment from ZA to FR."""

    def __init__(self, hub: RunningHub) -> None:
        self.parties: HubParties = open_hub_parties(hub)
        party, number = self.parties.party, secrets.token_hex(6).upper()
        self.authority, self.customs_za = party("authority", country="ZA"), party("customs", country="ZA")
        self.exporter = party("trader", country="ZA", number=f"ZA{number}")
        self.importer: PartyAccess = party("trader", country="FR", number=f"FR{number}")

    def certificate(self, kind: str, purpose: str, **goods: Any) -> Body:
        """Return a certificate of these goods."""
        return permit(self.exporter, self.importer, kind=kind, purpose=purpose, lines=[TIGER | goods])

    def lodge(self, certificate: Body) -> Body:
        """Issue and endorse a certificate. Return the declaration that cites it, after the check."""
        issued = self.parties.post(self.authority, "/v1/permits", certificate, expect=201)
        box_14 = {"lines": [{"line": "A", "quantity": "2"}], "port": "Durban"}
        self.parties.post(self.customs_za, f"/v1/permits/{issued['id']}/endorsement", box_14)
        stated = declaration(self.exporter, self.importer, certificate["number"], "2")
        stated["items"][0] |= {"taxon": "Panthera tigris", "source": "C", "purpose": certificate["purpose"]}
        found: Body = self.parties.post(
            self.importer, "/v1/declarations", stated, headers={"Prefer": "wait=20"}, expect=200
        )
        return found


@pytest.fixture(scope="module")
def trade(hub: RunningHub) -> Trade:
    return Trade(hub)


def test_certificate_of_ownership_of_wild_skins_for_trade_is_refused_at_issue(trade: Trade) -> None:
    stated = trade.certificate("personal_ownership", "T", source="W")
    refused = trade.parties.request(trade.authority, "POST", "/v1/permits", stated, expect=422).json()
    assert [(fault["code"], fault["pointer"]) for fault in refused["errors"]] == [
        ("purpose-not-of-kind", "/purpose"), ("term-not-of-kind", "/lines/0/term"),
    ]  # fmt: skip
    assert trade.parties.response_faults == []


def test_certificate_of_captive_breeding_for_trade_in_appendix_one_is_referred(trade: Trade) -> None:
    found = trade.lodge(trade.certificate("captive_bred", "T"))
    rules = {one["rule"]: one["severity"] for one in found["findings"] if one["severity"] != "note"}
    assert (found["status"], rules) == ("referred", {"CITES-VII-certificate-doubt": "refer"})


def test_certificate_of_captive_breeding_for_a_zoo_replaces_the_permits(trade: Trade) -> None:
    found = trade.lodge(trade.certificate("captive_bred", "Z"))
    assert found["status"] == "accepted", found["findings"]
