"""Random requests of each role never cause a 5xx, and each response is as OpenAPI describes it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.hub import running_hub
from tests.journeys.hub_parties import HubParties, PartyAccess, application, declaration, open_hub_parties, permit

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("trader", "customs", "authority", "partner", "admin")
EXAMPLES = 5
"""A role and operation: enough to meet the odd ones, few enough for two minutes of CI."""
WALKS, STEPS = 20, 8
QUIET = {"deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/xml")
def as_lines(ctx: Any, value: Any) -> bytes:
    """Send what was made up as one line; for XML and CSV that is noise, which is what these bodies are tried with."""
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode() + b"\n"


@pytest.fixture(scope="module")
def hub_parties() -> Iterator[HubParties]:
    with running_hub() as hub:
        hub_parties = open_hub_parties(hub)
        yield hub_parties
        hub_parties.http.close()


def test_response_to_random_requests_of_each_role_is_as_described(
    hub_parties: HubParties, subtests: pytest.Subtests
) -> None:
    people = {role: hub_parties.party(role) for role in ROLES}
    schema = schemathesis.openapi.from_url(f"{hub_parties.hub.url}/openapi.json")
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for role in operation.definition.raw.get("x-roles", [""]):
            with subtests.test(f"{operation.method.upper()} {operation.path}", role=role):
                _try(operation, people[role].bearer if role else {})


def _try(operation: Any, headers: dict[str, str]) -> None:
    @settings(max_examples=EXAMPLES, phases=[Phase.generate], **QUIET)  # type: ignore[arg-type]
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=100)

    one()


ROOMS = ("declarations", "permits", "permit-applications", "webhook-endpoints", "mandates", "parties")


@pytest.fixture(scope="module")
def walker(hub_parties: HubParties) -> PartyAccess:
    """One party of every role, so that nothing it meets on its way is closed to it."""
    return hub_parties.party(*ROLES, number="FR-WALK")


@pytest.mark.parametrize("room", ROOMS)
def test_links_followed_after_random_commands_lead_to_described_responses(
    hub_parties: HubParties, walker: PartyAccess, room: str
) -> None:
    good = _good(hub_parties, walker)
    schema = schemathesis.openapi.from_url(f"{hub_parties.hub.url}/openapi.json").include(
        path_regex=f"^/v1/{room}(/|$)"
    )
    reached: set[str] = set()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            name = case.operation.definition.raw["operationId"]
            if name in good:
                case.body, case.media_type = good[name](), "application/json"
                case.headers = {"Content-Type": "application/json"}
            if name == "lodge_declaration":
                case.headers |= {"Idempotency-Key": case.body["reference"], "Prefer": "wait=5"}

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": walker.bearer, "timeout": 30}

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            if response.status_code < 300 and "{id}" in case.path:
                reached.add(case.operation.definition.raw["operationId"])

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **how: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    how: Any = settings(max_examples=WALKS, stateful_step_count=STEPS, phases=[Phase.generate], **QUIET)  # type: ignore[arg-type]
    Walk.run(settings=how)
    assert reached, "by its links alone one comes from what was made to what can be asked of it"


def _good(hub_parties: HubParties, walker: PartyAccess) -> dict[str, Callable[[], Any]]:
    """Return a request that creates each resource, because random requests seldom create one."""
    other, agent = PartyAccess("", {}, "ZA-WALK"), hub_parties.party("trader")
    cited = hub_parties.post(walker, "/v1/permits", _ours(walker, other))["number"]
    return {
        "lodge_declaration": lambda: _exported(walker, other, cited),
        "create_permit": lambda: _ours(walker, other),
        "apply_for_permit": lambda: _applied_for(walker, other),
        "create_webhook_endpoint": lambda: {"url": "http://127.0.0.1:9/", "event_types": ["*"]},
        "create_mandate": lambda: {"agent": agent.id, "from": "2026-01-01", "until": "2099-12-31"},
        "create_party": lambda: {"name": "Walker", "country": "FR", "roles": ["trader"]},
    }


def _ours(exporter: PartyAccess, importer: PartyAccess) -> dict[str, Any]:
    """Return a permit of FR for goods that leave FR, so that one party with all roles may use every command."""
    return permit(exporter, importer, issuer="FR", export_country="FR", import_country="ZA")


def _applied_for(exporter: PartyAccess, importer: PartyAccess) -> dict[str, Any]:
    """Return an application of FR whose exporter has the country of the walker, because identifiers belong to one."""
    asked = application(exporter, importer)
    return asked | {"export_country": "FR", "issuer": "FR", "exporter": asked["exporter"] | {"country": "FR"}}


def _exported(exporter: PartyAccess, importer: PartyAccess, number: str) -> dict[str, Any]:
    changes = {"movement": "export", "export_country": "FR", "import_country": "ZA"}
    made = declaration(exporter, importer, number, "1", **changes)
    made["items"][0]["documents"][0]["issuer"] = "FR"
    return made
