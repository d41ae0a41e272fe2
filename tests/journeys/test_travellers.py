"""Customs lodges for a traveller on a real hub: from the lodging to the release, by one person and by two."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hub import RunningHub
from tests.journeys.hub_parties import HubParties, PartyAccess, open_hub_parties
from tests.waiting import block_until

CAVIAR = {"taxon": "Huso huso", "term": "CAV", "unit": "g", "exemption": "personal_effects"}


@pytest.fixture(scope="module")
def hub_parties(tried_hub: RunningHub) -> Iterator[HubParties]:
    hub_parties = open_hub_parties(tried_hub)
    yield hub_parties
    hub_parties.http.close()


def traveller(country: str, *grams: str) -> dict[str, Any]:
    """Return an import of caviar in the luggage of a traveller, with one item for each quantity."""
    return {
        "reference": f"T-{secrets.token_hex(6)}",
        "movement": "import",
        "exporter": {"name": "Shop", "country": "US"},
        "importer": {"name": "Ada Lovelace", "country": country},
        "export_country": "US",
        "import_country": country,
        "items": [{"number": number, "quantity": one, **CAVIAR} for number, one in enumerate(grams, 1)],
    }


def lodge(hub_parties: HubParties, who: PartyAccess, body: dict[str, Any]) -> dict[str, Any]:
    """Lodge and wait for the check. Return the declaration."""
    found: dict[str, Any] = hub_parties.post(who, "/v1/declarations", body, headers={"Prefer": "wait=20"})
    return found


def list_events(hub_parties: HubParties, who: PartyAccess, declaration_id: str, *, at_least: int) -> list[Any]:
    """Return the events of a declaration in the feed of a party; none if there are too few yet."""
    page = hub_parties.get(who, "/v1/events?types=declaration.*")["data"]
    found = [event for event in page if event["data"]["declaration_id"] == declaration_id]
    return found if len(found) >= at_least else []


def test_customs_lodges_and_releases_personal_effects_of_a_traveller(hub_parties: HubParties) -> None:
    customs = hub_parties.party("customs", country="NO")
    lodged = lodge(hub_parties, customs, traveller("NO", "60", "65"))
    assert lodged["status"] == "accepted"
    assert {finding["rule"] for finding in lodged["findings"]} >= {"CITES-VII.3-personal-effects"}
    released = hub_parties.post(customs, f"/v1/declarations/{lodged['id']}/release")
    assert released["status"] == "released"
    assert [entry["by"]["role"] for entry in released["history"]] == ["customs", "rules", "customs"]
    expected = ["declaration.received", "declaration.accepted", "declaration.released"]
    events = block_until(lambda: list_events(hub_parties, customs, lodged["id"], at_least=len(expected)))
    assert [event["type"] for event in events] == expected
    assert not hub_parties.response_faults, "\n".join(hub_parties.response_faults)


def test_person_who_lodged_for_a_traveller_does_not_decide_where_two_people_are_required(
    hub_parties: HubParties,
) -> None:
    hub_parties.request(
        hub_parties.admin, "PUT", "/v1/policies/SE", {"two_people_for_permits": True}, {"If-Match": "*"}, expect=200
    )
    first = hub_parties.party("customs", country="SE")
    colleague = hub_parties.another_person(first)
    lodged = lodge(hub_parties, first, traveller("SE", "100", "100"))
    assert lodged["status"] == "rejected"
    path = f"/v1/declarations/{lodged['id']}"
    decision = {"rule": "CITES-Conf-13.7-quantity", "reason": "Two travellers"}
    refused = hub_parties.request(first, "POST", f"{path}/override", decision, expect=409)
    assert refused.json()["code"] == "same-person"
    assert hub_parties.post(colleague, f"{path}/override", decision)["status"] == "accepted"
    hub_parties.request(first, "POST", f"{path}/release", expect=409)
    assert hub_parties.post(colleague, f"{path}/release")["status"] == "released"
    assert not hub_parties.response_faults, "\n".join(hub_parties.response_faults)
