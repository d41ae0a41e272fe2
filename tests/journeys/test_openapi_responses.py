"""Every operation of the public API is asked once for real, and its answer is, to the letter, what OpenAPI says."""

import json
import time
from collections.abc import Iterator

import pytest

from saola_client import ClientKey
from services.gateway.api.routes import ROUTES
from tests.hub import RunningHub
from tests.journeys.hub_parties import (
    TODAY,
    HubParties,
    PartyAccess,
    application,
    declaration,
    open_hub_parties,
    permit,
)

WAIT = {"Prefer": "wait=20"}
ANY = {"If-Match": "*"}
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}
NOBODY_THERE = "http://127.0.0.1:9/hooks"


@pytest.fixture(scope="module")
def world(tried_hub: RunningHub) -> Iterator[HubParties]:
    world = open_hub_parties(tried_hub)
    yield world
    world.http.close()


def test_every_good_answer_is_as_it_is_described(world: HubParties) -> None:
    exporter = world.party("trader", country="ZA", number="ZA-ANSWERS")
    importer = world.party("trader", number="FR-ANSWERS")
    authority = world.party("authority", country="ZA")
    leaves, arrives = world.party("customs", country="ZA"), world.party("customs")
    _people(world, exporter, importer)
    number = _permits(world, authority, leaves, exporter, importer)
    _declarations(world, authority, arrives, exporter, importer, number)
    _applications(world, authority, exporter, importer)
    _news(world, importer)
    _law(world, authority)
    assert not world.response_faults, "\n".join(world.response_faults)
    assert world.compared_operations == {route.operation_id for route in ROUTES}


def _people(world: HubParties, exporter: PartyAccess, importer: PartyAccess) -> None:
    admin = world.admin
    for path in ("oauth-authorization-server", "jwks.json", "receipt-keys.json", "webhook-keys.json"):
        world.get(None, f"/.well-known/{path}")
    world.get(importer, "/v1/me")
    world.get(admin, "/v1/parties?limit=2")
    one = f"/v1/parties/{importer.id}"
    version = world.get(admin, one)["version"]
    world.request(admin, "PATCH", one, {"name": "B SARL"}, {"If-Match": f'"{version}"'}, expect=200)
    given = world.post(admin, f"{one}/credentials", {"public_key": ClientKey.generate().public})
    world.get(admin, f"{one}/credentials")
    secret = world.post(admin, f"{one}/credentials")
    world.post(admin, f"{one}/credentials/{secret['client_id']}/rotation", {"overlap_hours": 1})
    world.request(admin, "DELETE", f"{one}/credentials/{given['client_id']}", expect=204)
    days = {"agent": exporter.id, "from": str(TODAY), "until": str(TODAY)}
    mandate = world.post(importer, "/v1/mandates", days)["id"]
    world.get(importer, "/v1/mandates")
    world.get(exporter, f"/v1/mandates/{mandate}")
    world.post(importer, f"/v1/mandates/{mandate}/revocation")
    world.request(importer, "DELETE", f"/v1/mandates/{mandate}", expect=204)


def _permits(
    world: HubParties, authority: PartyAccess, leaves: PartyAccess, exporter: PartyAccess, importer: PartyAccess
) -> str:
    made = world.post(authority, "/v1/permits", permit(exporter, importer))
    one = f"/v1/permits/{made['id']}"
    left = {"lines": [{"line": "A", "quantity": "118"}], "port": "Durban", "transport_document": "M-1"}
    world.post(leaves, f"{one}/endorsement", left)
    for lost in ("loss", "found"):
        world.post(authority, f"{one}/{lost}")
    other = world.post(authority, "/v1/permits", permit(exporter, importer))
    new = permit(exporter, importer)
    replaced = world.post(authority, f"/v1/permits/{other['id']}/replacement", new)["replaced_by"]["id"]
    world.post(authority, f"/v1/permits/{replaced}/revocation", {"reason": "Issued in error"})
    stranger = world.party("customs", country="JP")
    shown = world.request(stranger, "GET", one, headers={"Permit-Token": made["token"]}, expect=200).json()
    assert "registered_by" not in shown
    world.request(authority, "POST", "/v1/permits/bulk", _lines(permit(exporter, importer)), NDJSON, expect=200)
    world.get(importer, one)
    world.get(importer, f"/v1/permits?number={made['number']}")
    world.get(exporter, f"{one}/ledger")
    return str(made["number"])


def _lines(*bodies: object) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


def _declarations(
    world: HubParties,
    authority: PartyAccess,
    arrives: PartyAccess,
    exporter: PartyAccess,
    importer: PartyAccess,
    number: str,
) -> None:
    stated = declaration(exporter, importer, number)
    assert world.post(importer, "/v1/declarations/validate", stated)["valid"]
    assert not world.post(importer, "/v1/declarations/validate", stated | {"movement": "sideways"})["valid"]
    first = world.post(importer, "/v1/declarations", stated, headers=WAIT)
    one = f"/v1/declarations/{first['id']}"
    more = declaration(exporter, importer, number, "30")
    rejected = world.post(importer, "/v1/declarations", more, headers=WAIT)
    assert (first["status"], rejected["status"]) == ("accepted", "rejected")
    world.get(exporter, f"/v1/permits/{first['usage'][0]['permit']['id']}/ledger")
    world.request(importer, "PUT", one, stated | {"transport_document": "M-2"}, ANY, expect=200)
    for part in ("", "/content", "/receipt"):
        world.request(importer, "GET", one + part, expect=200)
    world.post(arrives, f"{one}/release", {"items": [{"number": 1, "quantity": "99"}]})
    world.post(arrives, f"{one}/correction", {"items": [{"number": 1, "quantity": "98"}], "reason": "Counted twice"})
    world.post(authority, f"/v1/declarations/{rejected['id']}/consent", {"item": 1, "quantity": "30"})
    finding = rejected["findings"][0]["rule"]
    settled = {"rule": finding, "item": 1, "reason": "Seen on the paper"}
    world.post(arrives, f"/v1/declarations/{rejected['id']}/override", settled)
    world.post(importer, f"/v1/declarations/{rejected['id']}/cancellation", {"reason": "Not sent"})
    unknown = world.post(importer, "/v1/declarations", declaration(exporter, importer, number), headers=WAIT)
    taken = world.request(importer, "POST", "/v1/declarations", declaration(exporter, importer, number), expect=202)
    world.get(importer, f"/v1/declarations/{taken.json()['id']}")
    _refused(world, authority, arrives, exporter, importer)
    assert unknown["findings"]
    sent = _lines(declaration(exporter, importer, number), {"reference": 1})
    told = world.request(importer, "POST", "/v1/declarations/bulk", sent, NDJSON, expect=200)
    assert [json.loads(line)["status_code"] for line in told.text.splitlines()] == [202, 422]
    world.get(importer, "/v1/declarations?limit=3")
    whole = world.post(importer, "/v1/declarations", declaration(exporter, importer, number))
    world.request(importer, "GET", f"/v1/declarations/{whole['id']}", headers={"Accept": "application/xml"}, expect=200)


def _refused(
    world: HubParties, authority: PartyAccess, arrives: PartyAccess, exporter: PartyAccess, importer: PartyAccess
) -> None:
    number = world.post(authority, "/v1/permits", permit(exporter, importer))["number"]
    made = world.post(importer, "/v1/declarations", declaration(exporter, importer, number), headers=WAIT)
    assert made["status"] == "referred"
    world.post(arrives, f"/v1/declarations/{made['id']}/refusal", {"reason": "Marks do not agree"})


def _applications(world: HubParties, authority: PartyAccess, exporter: PartyAccess, importer: PartyAccess) -> None:
    made = [world.post(exporter, "/v1/permit-applications", application(exporter, importer))["id"] for _ in range(3)]
    first, second, third = (f"/v1/permit-applications/{made_id}" for made_id in made)
    world.post(authority, f"{first}/query", {"message": "From which farm?"})
    world.post(exporter, f"{first}/answer", {"message": "From ZA-F-12"})
    world.post(authority, f"{first}/assessment", {"recommendation": "grant"})
    world.get(authority, first)
    world.post(authority, f"{first}/grant", {"lines": [{"line": "A", "quantity": "100"}]})
    world.post(authority, f"{second}/refusal", {"reason": "The quota is used"})
    world.post(exporter, f"{third}/withdrawal")
    world.get(exporter, "/v1/permit-applications")


def _news(world: HubParties, importer: PartyAccess) -> None:
    wanted = {"url": NOBODY_THERE, "event_types": ["declaration.*"], "filters": {"countries": ["FR"]}}
    endpoint = world.post(importer, "/v1/webhook-endpoints", wanted | {"rate_limit": 9})
    one = f"/v1/webhook-endpoints/{endpoint['id']}"
    version = world.get(importer, one)["version"]
    world.get(importer, "/v1/webhook-endpoints")
    world.post(importer, f"{one}/test")
    world.post(importer, f"{one}/rotate-secret")
    world.post(importer, f"{one}/replay", {"since": f"{TODAY}T00:00:00Z"})
    _until_tried(world, importer, one)
    [*_, delivery] = world.get(importer, f"{one}/deliveries")["data"]
    world.post(importer, f"/v1/deliveries/{delivery['id']}/retry")
    world.request(importer, "PATCH", one, {"paused": True}, {"If-Match": f'"{version}"'}, expect=200)
    proving = world.post(importer, "/v1/webhook-endpoints", wanted | {"verify": True})["id"]
    world.post(importer, f"/v1/webhook-endpoints/{proving}/verification")
    world.request(importer, "DELETE", one, expect=204)
    events = world.get(importer, "/v1/events?limit=200")
    verdict = {"outcome": "with_warnings", "message": "Read, with pains"}
    world.post(importer, f"/v1/events/{events['data'][0]['id']}/acknowledgement", verdict)


def _until_tried(world: HubParties, who: PartyAccess, endpoint: str) -> None:
    ends = time.monotonic() + 30
    while not any(one["attempts"] for one in world.get(who, f"{endpoint}/deliveries")["data"]):
        assert time.monotonic() < ends
        time.sleep(0.2)


def _law(world: HubParties, authority: PartyAccess) -> None:
    admin = world.admin
    for table in ("purposes", "sources", "terms", "units", "kinds", "event-types", "rules"):
        world.get(authority, f"/v1/reference/{table}")
    policy = world.request(admin, "GET", "/v1/policies/SE", expect=200)
    world.request(
        admin, "PUT", "/v1/policies/SE", {"reservation_days": 90}, {"If-Match": policy.headers["etag"]}, expect=200
    )
    species = b"TaxonId,FullName,RankName,CurrentListing\n10745,Crocodylus niloticus,SPECIES,I/II\n7,,SPECIES,II\n"
    limits = b"start_date,end_date,taxon_name,iso_code2,%s\n2030-01-01,2030-12-31,Naja naja,IN,%s\n"
    world.request(admin, "PUT", "/v1/reference/taxa?from=2030-01-01", species, CSV, expect=200)
    world.request(admin, "PUT", "/v1/reference/suspensions", limits % (b"source", b"W"), CSV, expect=200)
    world.request(admin, "PUT", "/v1/reference/quotas", limits % (b"quota", b"12"), CSV, expect=200)
    assert world.get(admin, "/v1/reference/taxa?name=Crocodylus niloticus")["data"]
    assert world.get(admin, "/v1/reference/suspensions?on=2030-05-01")["data"]
    assert world.get(admin, "/v1/reference/quotas?on=2030-05-01")["data"]
    for report in ("annual?side=export&", "mirror?"):
        world.request(authority, "GET", f"/v1/reports/{report}year={TODAY.year}&country=ZA", expect=200)
