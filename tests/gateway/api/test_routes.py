"""Every route of the public API has a complete declaration, and its permission matches the agreed table."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from services.gateway.api.routes import ROUTES
from services.gateway.api.routing.parameters import HeaderParameter, QueryParameter
from services.gateway.api.routing.problems import list_problem_codes
from services.gateway.api.routing.route import Route
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.strict_json import parse_json, validate
from tests.gateway.conftest import RunningGateway
from tests.openapi_responses import operations

UNKNOWN_ID = UUID(int=7)
ROLES = ("trader", "customs", "authority", "partner", "admin")
PUBLIC_OPERATIONS = {
    "create_token",
    "read_server_metadata",
    "read_token_keys",
    "read_receipt_keys",
    "read_webhook_keys",
    "list_problems",
    "read_problem",
}
VERBS_FOR_THINGS = {"create", "list", "read", "update", "replace", "delete"}
VERBS_OF_ACTS = set(
    "accept acknowledge amend answer apply assess cancel correct endorse give grant load lodge look override query "
    "refuse release replay report retry revoke rotate take test validate verify withdraw".split()
)
READ_WITHOUT_BODY = {
    "accept_mandate",
    "revoke_mandate",
    "rotate_webhook_endpoint_secret",
    "test_webhook_endpoint",
    "verify_webhook_endpoint",
    "retry_delivery",
}
"""Commands that need only their path."""
AGREED = """
read_me                        trader customs authority partner admin
create_party                   admin
list_parties                   admin
read_party                     admin
update_party                   admin
create_credential              admin
list_credentials               admin
rotate_credential              admin
delete_credential              admin
create_mandate                 trader admin
list_mandates                  trader admin
read_mandate                   trader admin
accept_mandate                 trader
revoke_mandate                 trader admin
delete_mandate                 trader admin
lodge_declaration              trader customs
lodge_declarations             trader customs
validate_declaration           trader customs
read_declaration_content       trader customs
read_declaration_receipt       trader customs
list_declarations              trader customs authority
read_declaration               trader customs authority
amend_declaration              trader customs
cancel_declaration             trader customs
release_declaration            customs
refuse_declaration             customs
override_finding               customs
correct_declaration            customs
give_consent                   authority
create_permit                  authority
create_permits                 authority
list_permits                   trader customs authority
read_permit                    trader customs authority
read_permit_ledger             trader customs authority
endorse_permit                 customs
revoke_permit                  authority
replace_permit                 authority
report_permit_lost             authority
report_permit_found            authority
take_over_permit               authority
read_annual_report             authority
apply_for_permit               trader
list_applications              trader authority
read_application               trader authority
query_application              authority
answer_application             trader
withdraw_application           trader
assess_application             authority
grant_application              authority
refuse_application             authority
read_mirror_report             authority
read_code_list                 trader customs authority partner admin
look_up_taxon                  trader customs authority partner admin
list_suspensions               trader customs authority partner admin
list_hs_codes                  trader customs authority partner admin
list_quotas                    trader customs authority partner admin
list_reference_lists           trader customs authority partner admin
load_taxa                      admin
load_suspensions               admin
load_hs_codes                  admin
load_quotas                    admin
read_policy                    trader customs authority partner admin
replace_policy                 admin
create_webhook_endpoint        trader customs authority partner
list_webhook_endpoints         trader customs authority partner
read_webhook_endpoint          trader customs authority partner
update_webhook_endpoint        trader customs authority partner
delete_webhook_endpoint        trader customs authority partner
rotate_webhook_endpoint_secret trader customs authority partner
verify_webhook_endpoint        trader customs authority partner
test_webhook_endpoint          trader customs authority partner
replay_events                  trader customs authority partner
list_deliveries                trader customs authority partner
retry_delivery                 trader customs authority partner
list_events                    trader customs authority partner
acknowledge_event              trader customs authority partner
"""
HEALTH_AND_PAGES = {
    "/",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/assets/start.js",
    "/docs/assets/swagger-ui.css",
    "/docs/assets/swagger-ui-bundle.js",
}


def _agreed() -> dict[str, set[str]]:
    lines = (line.split() for line in AGREED.strip().splitlines())
    return {operation: set(roles) for operation, *roles in lines}


def _requests_with_token() -> Iterator[tuple[str, str, str]]:
    for route in ROUTES:
        if route.permission is not None:
            path = route.path.replace("{id}", str(UNKNOWN_ID)).replace("{client_id}", "nobody")
            yield route.operation_id, route.method, path.replace("{table}", "terms").replace("{country}", "FR")


def _requests_in_json() -> Iterator[tuple[str, type[BaseModel], Any]]:
    for route in ROUTES:
        if route.request is not None and route.request.model is not None:
            yield route.operation_id, route.request.model, route.example.request


def _responses_in_json() -> Iterator[tuple[str, tuple[type[BaseModel], ...], Any]]:
    for route in ROUTES:
        if route.responses[0].models:
            yield route.operation_id, route.responses[0].models, route.example.response


@pytest.fixture(params=ROUTES, ids=lambda route: route.operation_id)
def route(request: pytest.FixtureRequest) -> Route:
    declared: Route = request.param
    return declared


def test_route_has_a_summary_and_descriptions(route: Route) -> None:
    assert route.summary and not route.summary.endswith(".")
    assert len(route.description) > 20 and route.description.endswith(".")
    parameters: tuple[QueryParameter | HeaderParameter, ...] = (*route.query, *route.headers)
    for parameter in parameters:
        assert len(parameter.description) > 5, f"say what {parameter.name} means"


def test_route_without_roles_is_one_of_the_agreed_public_ones(route: Route) -> None:
    assert (route.permission is None) == (route.operation_id in PUBLIC_OPERATIONS)
    assert route.permission is None or route.permission


def test_operation_id_is_a_verb_and_a_thing(route: Route) -> None:
    verb, _, thing = route.operation_id.partition("_")
    assert verb in VERBS_FOR_THINGS | VERBS_OF_ACTS and thing


def test_operation_ids_and_paths_are_unique() -> None:
    assert len({route.operation_id for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_route_describes_its_success_response(route: Route) -> None:
    assert route.responses[0].status < 300
    for response in route.responses:
        assert response.description
        assert bool(response.models or response.media) == (response.status not in {204, 304})


def test_route_that_writes_declares_its_request_body(route: Route) -> None:
    writes = route.method in {"POST", "PUT", "PATCH"} and route.operation_id not in READ_WITHOUT_BODY
    assert (route.request is not None) == writes


def test_route_names_only_catalogued_problems_that_do_not_follow(route: Route) -> None:
    assert set(list_problem_codes(route)) <= PROBLEM_CODES.keys()
    derived = list_problem_codes(replace(route, problems=()))
    assert set(derived).isdisjoint(route.problems), "omit problems that follow from the rest of the declaration"


def test_example_has_a_request_and_a_response_where_the_route_has_them(route: Route) -> None:
    assert (route.example.request is not None) == (route.request is not None)
    assert (route.example.response is not None) == bool(route.responses[0].models or route.responses[0].media)


@pytest.mark.parametrize(("model", "example"), [pytest.param(*sent, id=name) for name, *sent in _requests_in_json()])
def test_example_request_matches_its_model(model: type[BaseModel], example: Any) -> None:
    validate(model, parse_json(json.dumps(example).encode()))


@pytest.mark.parametrize(
    ("models", "example"), [pytest.param(*responses, id=name) for name, *responses in _responses_in_json()]
)
def test_example_response_matches_one_of_its_models(models: tuple[type[BaseModel], ...], example: Any) -> None:
    assert any(_accepts(model, json.dumps(example)) for model in models)


def _accepts(model: type[BaseModel], text: str) -> bool:
    try:
        model.model_validate_json(text)
    except ValidationError:
        return False
    return True


async def test_openapi_has_the_declared_operations_and_no_other(hub: RunningGateway) -> None:
    document = (await hub.http.get("/openapi.json")).json()
    described = {(method.upper(), path, operation["operationId"]) for path, method, operation in operations(document)}
    assert described == {(route.method, route.path, route.operation_id) for route in ROUTES}


async def test_gateway_serves_the_declared_routes_and_no_other(hub: RunningGateway) -> None:
    served = {
        (method, route.path, route.operation_id)
        for route in hub.app.routes
        if isinstance(route, APIRoute) and route.path not in HEALTH_AND_PAGES
        for method in route.methods or ()
    }
    assert served == {(route.method, route.path, route.operation_id) for route in ROUTES}
    assert {str(getattr(route, "path", "")) for route in hub.app.routes} >= HEALTH_AND_PAGES
    apart = {str(getattr(route, "path", "")) for route in hub.app.routes if not isinstance(route, APIRoute)}
    assert apart <= HEALTH_AND_PAGES


def test_permissions_match_the_agreed_table() -> None:
    assert {route.operation_id: route.permission for route in ROUTES if route.permission is not None} == _agreed()


async def test_route_without_a_valid_token_is_401(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    for operation, method, path in _requests_with_token():
        for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
            with subtests.test(operation, header=header):
                response = await hub.http.request(method, path, headers=header)
                assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
                assert response.headers["www-authenticate"].startswith("Bearer")
                assert response.headers["content-type"] == "application/problem+json"
    assert not [received for received in hub.permits.requests + hub.notifications.requests if received.caller.party]


async def test_role_is_refused_exactly_as_the_table_states(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    headers = {role: (await hub.party(role))[1] for role in ROLES}
    agreed = _agreed()
    for operation, method, path in _requests_with_token():
        for role in ROLES:
            with subtests.test(operation, role=role):
                response = await hub.http.request(method, path, headers=headers[role])
                content = response.json() if response.content else {}
                refused = response.status_code == 403 and content["code"] == "role-not-allowed"
                assert refused == (role not in agreed[operation]), response.text
                assert response.status_code < 500


async def test_party_with_two_roles_has_the_permissions_of_both(hub: RunningGateway) -> None:
    _, both = await hub.party("customs", "authority")
    for path in (f"/v1/declarations/{UNKNOWN_ID}/release", f"/v1/declarations/{UNKNOWN_ID}/consent"):
        assert (await hub.http.post(path, headers=both)).status_code == 200
    assert (await hub.http.post(f"/v1/permit-applications/{UNKNOWN_ID}/withdrawal", headers=both)).status_code == 403
