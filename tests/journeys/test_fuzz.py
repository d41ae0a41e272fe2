"""The API against its own description: no 5xx whatever is sent, documented answers only, nobody's data to others."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.client import Hub
from tests.hub import RunningHub, running_hub

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("trader", "customs", "authority", "partner", "admin")
EXAMPLES = 4
"""A role and operation: enough to meet the odd ones, few enough for two minutes of CI."""


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/xml")
def as_lines(ctx: Any, value: Any) -> bytes:
    """Send what was made up as one line; for XML and CSV that is noise, which is what these bodies are tried with."""
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode() + b"\n"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


@pytest.fixture(scope="module")
def tokens(hub: RunningHub) -> dict[str, str]:
    """An access token of a party of each role."""
    with hub.admin() as admin:
        return {role: _join(admin, hub.url, role) for role in ROLES}


def _join(admin: Hub, url: str, role: str) -> str:
    party = admin.create_party({"name": f"The {role}", "country": "FR", "roles": [role]})
    pair = admin.create_credentials(party["id"])
    with Hub(url, pair["client_id"], pair["client_secret"]) as door:
        return door.token()


def test_whatever_is_sent_is_answered_as_described(
    hub: RunningHub, tokens: dict[str, str], subtests: pytest.Subtests
) -> None:
    schema = schemathesis.openapi.from_url(f"{hub.url}/openapi.json")
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for role in _roles(operation):
            with subtests.test(f"{operation.method.upper()} {operation.path}", role=role):
                _try(operation, {"Authorization": f"Bearer {tokens[role]}"} if role else {})


def _roles(operation: Any) -> list[str]:
    return list(operation.definition.raw.get("x-roles", [""])[:1])


def _try(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

    one()


DECLARATION: dict[str, Any] = {
    "reference": "A-1",
    "movement": "import",
    "exporter": {"name": "X", "country": "ZA", "identifier": "ZA-FUZZ"},
    "importer": {"name": "A", "country": "FR", "identifier": "FR-FUZZ-A"},
    "export_country": "ZA",
    "import_country": "FR",
    "items": [{"number": 1, "taxon": "Crocodylus niloticus", "quantity": "1", "unit": "number"}],
}


def test_what_is_one_partys_is_nothing_to_two_others(hub: RunningHub, subtests: pytest.Subtests) -> None:
    with hub.admin() as admin:
        numbers = {"EORI": "FR-FUZZ-A"}
        owner = admin.create_party({"name": "A", "country": "FR", "roles": ["trader"], "identifiers": numbers})
        pair = admin.create_credentials(owner["id"])
        others = {
            "another trader": _joined(admin, "FR", "trader"),
            "customs of another country": _joined(admin, "JP", "customs"),
            "an authority of another country": _joined(admin, "JP", "authority"),
        }
        agent = admin.create_party({"name": "G", "country": "FR", "roles": ["trader"]})["id"]
    with Hub(hub.url, pair["client_id"], pair["client_secret"]) as door:
        bearer = {"Authorization": f"Bearer {door.token()}"}
        made = {
            "declarations": door.declare(DECLARATION, wait=10)["id"],
            "webhook-endpoints": door.create_endpoint("http://127.0.0.1:9/")["id"],
            "mandates": _granted(hub.url, bearer, agent),
        }
        assert door.declaration(made["declarations"])["status"] != "received"
    document = httpx2.get(f"{hub.url}/openapi.json").json()
    for path, item in document["paths"].items():
        id = made.get(path.split("/")[2]) if "{id}" in path else None
        for method, operation in item.items() if id else ():
            for name, token in others.items():
                with subtests.test(f"{method.upper()} {path}", who=name):
                    status = _asked(hub.url, method, path.replace("{id}", str(id)), token, operation)
                    assert status in {403, 404}, "what exists but is not yours is not there"
    for path in ("/v1/declarations", "/v1/webhook-endpoints", "/v1/mandates", "/v1/events"):
        for name, token in others.items():
            with subtests.test(path, who=name):
                answer = httpx2.get(hub.url + path, headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == 403 or answer.json()["data"] == []


def _joined(admin: Hub, country: str, role: str) -> str:
    party = admin.create_party({"name": f"{role} of {country}", "country": country, "roles": [role]})
    pair = admin.create_credentials(party["id"])
    with Hub(admin.url, pair["client_id"], pair["client_secret"]) as door:
        return door.token()


def _granted(url: str, bearer: dict[str, str], agent: str) -> str:
    days = {"from": "2026-01-01", "until": "2099-12-31", "agent": agent}
    answer = httpx2.post(f"{url}/v1/mandates", json=days, headers=bearer)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _asked(url: str, method: str, path: str, token: str, operation: dict[str, Any]) -> int:
    """Ask with a good body and a good version, so that only whose it is can be refused."""
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), None)
    body = json.dumps(content[media].get("example", {})).encode() if media else None
    headers = {"Authorization": f"Bearer {token}", "If-Match": "*"} | ({"Content-Type": media} if media else {})
    return httpx2.request(method.upper(), url + path, content=body, headers=headers, timeout=30).status_code
