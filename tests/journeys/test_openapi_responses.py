"""Each operation of the public API is called once, and its response matches OpenAPI exactly."""

import json
from collections.abc import Iterator

import pytest

from saola_client import ClientKey
from services.gateway.api.routes import ROUTES
from tests.days import today
from tests.hub import RunningHub
from tests.journeys.hub_parties import (
    HubParties,
    PartyAccess,
    application,
    declaration,
    open_hub_parties,
    permit,
)
from tests.waiting import block_until

WAIT = {"Prefer": "wait=20"}
ANY = {"If-Match": "*"}
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}
NOBODY_THERE = "http://127.0.0.1:9/hooks"


@pytest.fixture(scope="module")
def parties(tried_hub: RunningHub) -> Iterator[HubParties]:
    parties = open_hub_parties(tried_hub)
    yield parties
    parties.http.close()


def test_response_of_each_operation_is_as_described(parties: HubParties) -> None:
    exporter = parties.party("trader", country="ZA", number="ZA-ANSWERS")
    importer = parties.party("trader", number="FR-ANSWERS")
    authority = parties.party("authority", country="ZA")
    leaves, arrives = parties.party("customs", country="ZA"), parties.party("customs")
    _parties(parties, exporter, importer)
    number = _permits(parties, authority, leaves, exporter, importer)
    _declarations(parties, authority, arrives, exporter, importer, number)
    _applications(parties, authority, exporter, importer)
    _events(parties, importer)
    _reference_data(parties, authority)
    assert not parties.response_faults, "\n".join(parties.response_faults)
    assert parties.compared_operations == {route.operation_id for route in ROUTES}


def _parties(parties: HubParties, exporter: PartyAccess, importer: PartyAccess) -> None:
    admin = parties.admin
    for path in ("oauth-authorization-server", "jwks.json", "receipt-keys.json", "webhook-keys.json"):
        parties.get(None, f"/.well-known/{path}")
    for page in ("/problems", "/problems/not-found"):
        parties.request(None, "GET", page, headers={"Accept": "application/json"}, expect=200)
    parties.get(importer, "/v1/me")
    parties.get(admin, "/v1/parties?limit=2")
    one = f"/v1/parties/{importer.id}"
    version = parties.get(admin, one)["version"]
    parties.request(admin, "PATCH", one, {"name": "B SARL"}, {"If-Match": f'"{version}"'}, expect=200)
    given = parties.post(admin, f"{one}/credentials", {"public_key": ClientKey.generate().public})
    parties.get(admin, f"{one}/credentials")
    secret = parties.post(admin, f"{one}/credentials")
    parties.post(admin, f"{one}/credentials/{secret['client_id']}/rotation", {"overlap_hours": 1})
    parties.request(admin, "DELETE", f"{one}/credentials/{given['client_id']}", expect=204)
    day = str(today())
    days = {"agent": exporter.id, "from": day, "until": day}
    mandate = parties.post(importer, "/v1/mandates", days)["id"]
    parties.get(importer, "/v1/mandates")
    parties.get(exporter, f"/v1/mandates/{mandate}")
    parties.post(exporter, f"/v1/mandates/{mandate}/acceptance")
    parties.post(importer, f"/v1/mandates/{mandate}/revocation")
    parties.request(importer, "DELETE", f"/v1/mandates/{mandate}", expect=204)


def _permits(
    parties: HubParties, authority: PartyAccess, leaves: PartyAccess, exporter: PartyAccess, importer: PartyAccess
) -> str:
    made = parties.post(authority, "/v1/permits", permit(exporter, importer))
    one = f"/v1/permits/{made['id']}"
    left = {"lines": [{"line": "A", "quantity": "118"}], "port": "Durban", "transport_document": "M-1"}
    parties.post(leaves, f"{one}/endorsement", left)
    for lost in ("loss", "found"):
        parties.post(authority, f"{one}/{lost}")
    other = parties.post(authority, "/v1/permits", permit(exporter, importer))
    new = permit(exporter, importer)
    replaced = parties.post(authority, f"/v1/permits/{other['id']}/replacement", new)["replaced_by"]["id"]
    parties.post(authority, f"/v1/permits/{replaced}/revocation", {"reason": "Issued in error"})
    _take_over(parties, exporter, importer)
    stranger = parties.party("customs", country="JP")
    shown = parties.request(stranger, "GET", one, headers={"Permit-Token": made["token"]}, expect=200).json()
    assert "registered_by" not in shown
    parties.request(authority, "POST", "/v1/permits/bulk", _lines(permit(exporter, importer)), NDJSON, expect=200)
    parties.get(importer, one)
    parties.get(importer, f"/v1/permits?number={made['number']}")
    parties.get(exporter, f"{one}/ledger")
    return str(made["number"])


def _take_over(parties: HubParties, exporter: PartyAccess, importer: PartyAccess) -> None:
    registrar = parties.party("authority", country="FR")
    foreign = permit(exporter, importer, issuer="BW", export_country="BW")
    one = f"/v1/permits/{parties.post(registrar, '/v1/permits', foreign)['id']}"
    issuer = parties.party("authority", country="BW")
    assert parties.post(issuer, f"{one}/takeover")["registered_by"]["party"] == issuer.id


def _lines(*bodies: object) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


def _declarations(
    parties: HubParties,
    authority: PartyAccess,
    arrives: PartyAccess,
    exporter: PartyAccess,
    importer: PartyAccess,
    number: str,
) -> None:
    stated = declaration(exporter, importer, number)
    assert parties.post(importer, "/v1/declarations/validate", stated)["valid"]
    assert not parties.post(importer, "/v1/declarations/validate", stated | {"movement": "sideways"})["valid"]
    first = parties.post(importer, "/v1/declarations", stated, headers=WAIT)
    one = f"/v1/declarations/{first['id']}"
    more = declaration(exporter, importer, number, "30")
    rejected = parties.post(importer, "/v1/declarations", more, headers=WAIT)
    assert (first["status"], rejected["status"]) == ("accepted", "rejected")
    parties.get(exporter, f"/v1/permits/{first['usage'][0]['permit']['id']}/ledger")
    parties.request(importer, "PUT", one, stated | {"transport_document": "M-2"}, ANY, expect=200)
    for part in ("", "/content", "/receipt"):
        parties.request(importer, "GET", one + part, expect=200)
    parties.post(arrives, f"{one}/release", {"items": [{"number": 1, "quantity": "99"}]})
    parties.post(arrives, f"{one}/correction", {"items": [{"number": 1, "quantity": "98"}], "reason": "Counted twice"})
    parties.post(authority, f"/v1/declarations/{rejected['id']}/consent", {"item": 1, "quantity": "30"})
    finding = rejected["findings"][0]["rule"]
    settled = {"rule": finding, "item": 1, "reason": "Seen on the paper"}
    parties.post(arrives, f"/v1/declarations/{rejected['id']}/override", settled)
    parties.post(importer, f"/v1/declarations/{rejected['id']}/cancellation", {"reason": "Not sent"})
    unknown = parties.post(importer, "/v1/declarations", declaration(exporter, importer, number), headers=WAIT)
    taken = parties.request(importer, "POST", "/v1/declarations", declaration(exporter, importer, number), expect=202)
    parties.get(importer, f"/v1/declarations/{taken.json()['id']}")
    _refused_requests(parties, authority, arrives, exporter, importer)
    assert unknown["findings"]
    sent = _lines(declaration(exporter, importer, number), {"reference": 1})
    told = parties.request(importer, "POST", "/v1/declarations/bulk", sent, NDJSON, expect=200)
    assert [json.loads(line)["status_code"] for line in told.text.splitlines()] == [202, 422]
    parties.get(importer, "/v1/declarations?limit=3")
    whole = parties.post(importer, "/v1/declarations", declaration(exporter, importer, number))
    parties.request(
        importer, "GET", f"/v1/declarations/{whole['id']}", headers={"Accept": "application/xml"}, expect=200
    )


def _refused_requests(
    parties: HubParties, authority: PartyAccess, arrives: PartyAccess, exporter: PartyAccess, importer: PartyAccess
) -> None:
    number = parties.post(authority, "/v1/permits", permit(exporter, importer))["number"]
    made = parties.post(importer, "/v1/declarations", declaration(exporter, importer, number), headers=WAIT)
    assert made["status"] == "referred"
    parties.post(arrives, f"/v1/declarations/{made['id']}/refusal", {"reason": "Marks do not agree"})


def _applications(parties: HubParties, authority: PartyAccess, exporter: PartyAccess, importer: PartyAccess) -> None:
    made = [parties.post(exporter, "/v1/permit-applications", application(exporter, importer))["id"] for _ in range(3)]
    first, second, third = (f"/v1/permit-applications/{made_id}" for made_id in made)
    parties.post(authority, f"{first}/query", {"message": "From which farm?"})
    parties.post(exporter, f"{first}/answer", {"message": "From ZA-F-12"})
    parties.post(authority, f"{first}/assessment", {"recommendation": "grant"})
    parties.get(authority, first)
    parties.post(authority, f"{first}/grant", {"lines": [{"line": "A", "quantity": "100"}]})
    parties.post(authority, f"{second}/refusal", {"reason": "The quota is used"})
    parties.post(exporter, f"{third}/withdrawal")
    parties.get(exporter, "/v1/permit-applications")


def _events(parties: HubParties, importer: PartyAccess) -> None:
    wanted = {"url": NOBODY_THERE, "event_types": ["declaration.*"], "filters": {"countries": ["FR"]}}
    endpoint = parties.post(importer, "/v1/webhook-endpoints", wanted | {"rate_limit": 9})
    one = f"/v1/webhook-endpoints/{endpoint['id']}"
    version = parties.get(importer, one)["version"]
    parties.get(importer, "/v1/webhook-endpoints")
    parties.post(importer, f"{one}/test")
    parties.post(importer, f"{one}/rotate-secret")
    parties.post(importer, f"{one}/replay", {"since": f"{today()}T00:00:00Z"})
    _wait_for_an_attempt(parties, importer, one)
    [*_, delivery] = parties.get(importer, f"{one}/deliveries")["data"]
    parties.post(importer, f"/v1/deliveries/{delivery['id']}/retry")
    parties.request(importer, "PATCH", one, {"paused": True}, {"If-Match": f'"{version}"'}, expect=200)
    proving = parties.post(importer, "/v1/webhook-endpoints", wanted | {"verify": True})["id"]
    parties.post(importer, f"/v1/webhook-endpoints/{proving}/verification")
    parties.request(importer, "DELETE", one, expect=204)
    events = parties.get(importer, "/v1/events?limit=200")
    verdict = {"outcome": "with_warnings", "message": "Read, with pains"}
    parties.post(importer, f"/v1/events/{events['data'][0]['id']}/acknowledgement", verdict)


def _wait_for_an_attempt(parties: HubParties, who: PartyAccess, endpoint: str) -> None:
    block_until(lambda: any(one["attempts"] for one in parties.get(who, f"{endpoint}/deliveries")["data"]))


def _reference_data(parties: HubParties, authority: PartyAccess) -> None:
    admin = parties.admin
    for table in ("purposes", "sources", "terms", "units", "kinds", "event-types", "rules"):
        parties.get(authority, f"/v1/reference/{table}")
    assert parties.get(authority, "/v1/reference/lists")["data"]
    policy = parties.request(admin, "GET", "/v1/policies/SE", expect=200)
    parties.request(
        admin, "PUT", "/v1/policies/SE", {"reservation_days": 90}, {"If-Match": policy.headers["etag"]}, expect=200
    )
    species = b"TaxonId,FullName,RankName,CurrentListing\n10745,Crocodylus niloticus,SPECIES,I/II\n7,,SPECIES,II\n"
    limits = b"start_date,end_date,taxon_name,iso_code2,%s\n2030-01-01,2030-12-31,Naja naja,IN,%s\n"
    parties.request(admin, "PUT", "/v1/reference/taxa?from=2030-01-01", species, CSV, expect=200)
    parties.request(admin, "PUT", "/v1/reference/suspensions", limits % (b"source", b"W"), CSV, expect=200)
    parties.request(admin, "PUT", "/v1/reference/quotas", limits % (b"quota", b"12"), CSV, expect=200)
    assert parties.get(admin, "/v1/reference/taxa?name=Crocodylus niloticus")["data"]
    assert parties.get(admin, "/v1/reference/suspensions?on=2030-05-01")["data"]
    assert parties.get(admin, "/v1/reference/quotas?on=2030-05-01")["data"]
    rows = b"country,hs_code,concern,reason\nFR,44151010,none,Packing cases of fir\n"
    parties.request(admin, "PUT", "/v1/reference/hs-codes", rows, CSV, expect=200)
    assert parties.get(admin, "/v1/reference/hs-codes?country=FR&code=44151010")["data"]
    for report in ("annual?side=export&", "mirror?"):
        parties.request(authority, "GET", f"/v1/reports/{report}year={today().year}&country=ZA", expect=200)
