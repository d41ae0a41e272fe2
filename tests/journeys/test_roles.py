"""Every operation is asked by every role of a whole hub: 403 where it may never, and what is foreign is not there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

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
from tests.openapi_responses import operations

ROLES = ("trader", "customs", "authority", "partner", "admin")
PERMISSIONS = {route.operation_id: route.permission for route in ROUTES if route.permission is not None}
NOBODYS = "0190c0de-0000-7000-8000-000000000007"
PARTS = {"{id}": NOBODYS, "{client_id}": "nobody", "{table}": "terms", "{country}": "NO"}
QUERIES = {
    "read_annual_report": f"?year={TODAY.year}&side=export&country=FR",
    "read_mirror_report": f"?year={TODAY.year}&country=FR",
    "look_up_taxon": "?name=Crocodylus",
    "load_taxa": "?from=2030-01-01",
}


@pytest.fixture(scope="module")
def world(tried_hub: RunningHub) -> Iterator[HubParties]:
    world = open_hub_parties(tried_hub)
    yield world
    world.http.close()


def _document(world: HubParties) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        found for found in operations(world.http.get("/openapi.json").json()) if found[2]["operationId"] in PERMISSIONS
    ]


def _sent(operation: dict[str, Any], bodies: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """Answer a good body of an operation, as its example shows it, and the headers it goes with."""
    content = operation.get("requestBody", {}).get("content", {})
    headers = {"If-Match": "*", "Idempotency-Key": "k"} if operation["operationId"] != "lodge_declaration" else {}
    if not content:
        return None, headers
    media = next(iter(content))
    shown = bodies.get(operation["operationId"], content[media].get("example", {}))
    body = shown.encode() if isinstance(shown, str) else json.dumps(shown).encode()
    return body, headers | {"Content-Type": media}


def _asked(
    world: HubParties, who: PartyAccess | None, found: tuple[str, str, dict[str, Any]], bodies: Any, **parts: str
) -> Any:
    path, method, operation = found
    for name, value in {**PARTS, **{f"{{{name}}}": value for name, value in parts.items()}}.items():
        path = path.replace(name, value)
    body, headers = _sent(operation, bodies)
    headers.pop("Idempotency-Key", None)
    return world.request(who, method.upper(), path + QUERIES.get(operation["operationId"], ""), body, headers)


def test_every_role_may_do_what_the_table_says_and_nothing_else(world: HubParties, subtests: pytest.Subtests) -> None:
    people = {role: world.party(role, number=f"FR-ROLE-{role}") for role in ROLES}
    exporter = PartyAccess("", {}, "ZA-ROLE")
    bodies = {
        "lodge_declaration": declaration(exporter, people["trader"], "ZA-0"),
        "validate_declaration": declaration(exporter, people["trader"], "ZA-0"),
        "create_permit": permit(people["trader"], exporter, issuer="FR", export_country="FR", import_country="ZA"),
        "apply_for_permit": application(people["trader"], exporter) | {"export_country": "FR", "issuer": "FR"},
    }
    world.response_faults.clear()
    for found in _document(world):
        name = found[2]["operationId"]
        assert _asked(world, None, found, bodies).status_code == 401, name
        for role, who in people.items():
            with subtests.test(name, role=role):
                response = _asked(world, who, found, bodies)
                refused = response.status_code == 403 and response.json()["code"] == "role-not-allowed"
                assert refused == (role not in PERMISSIONS[name]), response.text
                assert response.status_code < 500
                assert refused or response.status_code not in {401, 403}, response.text
    assert not world.response_faults, "\n".join(world.response_faults)


def _things(world: HubParties, owner: PartyAccess) -> dict[str, str]:
    """Make one of everything that belongs to somebody; answers the ids by the first part of their paths."""
    exporter, authority = world.party("trader", country="ZA", number="ZA-WHOSE"), world.party("authority", country="ZA")
    agent = world.party("trader")
    made = world.post(authority, "/v1/permits", permit(exporter, owner))
    stated = declaration(exporter, owner, made["number"])
    lodged = world.post(owner, "/v1/declarations", stated, headers={"Prefer": "wait=20"})
    assert lodged["status"] == "referred"
    endpoint = world.post(owner, "/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/", "event_types": ["*"]})["id"]
    world.post(owner, f"/v1/webhook-endpoints/{endpoint}/test")
    days = {"agent": agent.id, "from": str(TODAY), "until": str(TODAY)}
    return {
        "declarations": lodged["id"],
        "permits": made["id"],
        "permit-applications": world.post(exporter, "/v1/permit-applications", application(exporter, owner))["id"],
        "webhook-endpoints": endpoint,
        "deliveries": world.get(owner, f"/v1/webhook-endpoints/{endpoint}/deliveries")["data"][0]["id"],
        "events": world.get(owner, "/v1/events?types=declaration.*")["data"][0]["id"],
        "mandates": world.post(owner, "/v1/mandates", days)["id"],
        "parties": owner.id,
    }


def test_what_is_one_partys_is_nothing_to_three_others(world: HubParties, subtests: pytest.Subtests) -> None:
    things = _things(world, world.party("trader", number="FR-WHOSE"))
    others = {role: world.party(role, country="JP") for role in ("trader", "customs", "authority", "partner")}
    rooms = set()
    for found in _document(world):
        path, name = found[0], found[2]["operationId"]
        room = path.split("/")[2]
        for role, who in others.items() if "{id}" in path else ():
            rooms.add(room)
            with subtests.test(name, role=role):
                response = _asked(world, who, found, {}, id=things[room])
                expected = 404 if role in PERMISSIONS[name] else 403
                assert response.status_code == expected, f"what exists but is not yours is not there: {response.text}"
    assert rooms == things.keys()
    for room in ("declarations", "permits", "permit-applications", "webhook-endpoints", "mandates", "events"):
        for role, who in others.items():
            with subtests.test(room, role=role):
                response = world.request(who, "GET", f"/v1/{room}")
                assert response.status_code == 403 or response.json()["data"] == []
