"""Each role calls each operation: 403 without the permission, 404 for a resource of another party."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

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
from tests.openapi_responses import operations
from tests.waiting import block_until

ROLES = ("trader", "customs", "authority", "partner", "admin")
PERMISSIONS = {route.operation_id: route.permission for route in ROUTES if route.permission is not None}
NOBODYS = "0190c0de-0000-7000-8000-000000000007"
PARTS = {"{id}": NOBODYS, "{client_id}": "nobody", "{table}": "terms", "{country}": "NO"}
QUERIES = {
    "read_annual_report": "?year=2026&side=export&country=FR",
    "read_mirror_report": "?year=2026&country=FR",
    "look_up_taxon": "?name=Crocodylus",
    "load_taxa": "?from=2030-01-01",
}


@pytest.fixture(scope="module")
def hub_parties(tried_hub: RunningHub) -> Iterator[HubParties]:
    hub_parties = open_hub_parties(tried_hub)
    yield hub_parties
    hub_parties.http.close()


def _document(hub_parties: HubParties) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        found
        for found in operations(hub_parties.http.get("/openapi.json").json())
        if found[2]["operationId"] in PERMISSIONS
    ]


def _example_body(operation: dict[str, Any], bodies: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """Return the example body of an operation, and the headers of the request."""
    content = operation.get("requestBody", {}).get("content", {})
    headers = {"If-Match": "*", "Idempotency-Key": "k"} if operation["operationId"] != "lodge_declaration" else {}
    if not content:
        return None, headers
    media = next(iter(content))
    shown = bodies.get(operation["operationId"], content[media].get("example", {}))
    body = shown.encode() if isinstance(shown, str) else json.dumps(shown).encode()
    return body, headers | {"Content-Type": media}


def _send_example(
    hub_parties: HubParties, who: PartyAccess | None, found: tuple[str, str, dict[str, Any]], bodies: Any, **parts: str
) -> Any:
    path, method, operation = found
    for name, value in {**PARTS, **{f"{{{name}}}": value for name, value in parts.items()}}.items():
        path = path.replace(name, value)
    body, headers = _example_body(operation, bodies)
    headers.pop("Idempotency-Key", None)
    return hub_parties.request(who, method.upper(), path + QUERIES.get(operation["operationId"], ""), body, headers)


def test_role_without_the_permission_of_an_operation_gets_403(
    hub_parties: HubParties, subtests: pytest.Subtests
) -> None:
    people = {role: hub_parties.party(role, number=f"FR-ROLE-{role}") for role in ROLES}
    exporter = PartyAccess("", {}, "ZA-ROLE")
    bodies = {
        "lodge_declaration": declaration(exporter, people["trader"], "ZA-0"),
        "validate_declaration": declaration(exporter, people["trader"], "ZA-0"),
        "create_permit": permit(people["trader"], exporter, issuer="FR", export_country="FR", import_country="ZA"),
        "apply_for_permit": application(people["trader"], exporter)
        | {"export_country": "FR", "issuer": "FR"}
        | {"exporter": {"name": "B SARL", "country": "FR", "identifier": people["trader"].number}},
    }
    traveller = bodies["lodge_declaration"] | {"importer": {"name": "Ada Lovelace", "country": "FR"}}
    bodies_of_customs = bodies | {"lodge_declaration": traveller, "validate_declaration": traveller}
    hub_parties.response_faults.clear()
    for found in _document(hub_parties):
        name = found[2]["operationId"]
        assert _send_example(hub_parties, None, found, bodies).status_code == 401, name
        for role, who in people.items():
            with subtests.test(name, role=role):
                stated = bodies_of_customs if role == "customs" else bodies
                response = _send_example(hub_parties, who, found, stated)
                refused = response.status_code == 403 and response.json()["code"] == "role-not-allowed"
                assert refused == (role not in PERMISSIONS[name]), response.text
                assert response.status_code < 500
                assert refused or response.status_code not in {401, 403}, response.text
    assert not hub_parties.response_faults, "\n".join(hub_parties.response_faults)


def _create_resources(hub_parties: HubParties, owner: PartyAccess) -> dict[str, str]:
    """Create one resource of each sort, and return their ids by the first part of their paths."""
    exporter, authority = (
        hub_parties.party("trader", country="ZA", number="ZA-WHOSE"),
        hub_parties.party("authority", country="ZA"),
    )
    agent = hub_parties.party("trader")
    made = hub_parties.post(authority, "/v1/permits", permit(exporter, owner))
    stated = declaration(exporter, owner, made["number"])
    lodged = hub_parties.post(owner, "/v1/declarations", stated, headers={"Prefer": "wait=20"})
    assert lodged["status"] == "referred"
    endpoint = hub_parties.post(owner, "/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/", "event_types": ["*"]})[
        "id"
    ]
    hub_parties.post(owner, f"/v1/webhook-endpoints/{endpoint}/test")
    day = str(today())
    days = {"agent": agent.id, "from": day, "until": day}
    return {
        "declarations": lodged["id"],
        "permits": made["id"],
        "permit-applications": hub_parties.post(exporter, "/v1/permit-applications", application(exporter, owner))[
            "id"
        ],
        "webhook-endpoints": endpoint,
        "deliveries": hub_parties.get(owner, f"/v1/webhook-endpoints/{endpoint}/deliveries")["data"][0]["id"],
        "events": block_until(lambda: hub_parties.get(owner, "/v1/events?types=declaration.*")["data"])[0]["id"],
        "mandates": hub_parties.post(owner, "/v1/mandates", days)["id"],
        "parties": owner.id,
    }


def test_resource_of_another_party_is_not_found(hub_parties: HubParties, subtests: pytest.Subtests) -> None:
    things = _create_resources(hub_parties, hub_parties.party("trader", number="FR-WHOSE"))
    others = {role: hub_parties.party(role, country="JP") for role in ("trader", "customs", "authority", "partner")}
    rooms = set()
    for found in _document(hub_parties):
        path, name = found[0], found[2]["operationId"]
        room = path.split("/")[2]
        for role, who in others.items() if "{id}" in path else ():
            rooms.add(room)
            with subtests.test(name, role=role):
                response = _send_example(hub_parties, who, found, {}, id=things[room])
                expected = 404 if role in PERMISSIONS[name] else 403
                assert response.status_code == expected, f"what exists but is not yours is not there: {response.text}"
    assert rooms == things.keys()
    for room in ("declarations", "permits", "permit-applications", "webhook-endpoints", "mandates", "events"):
        for role, who in others.items():
            with subtests.test(room, role=role):
                response = hub_parties.request(who, "GET", f"/v1/{room}")
                assert response.status_code == 403 or response.json()["data"] == []
