"""Who may do what: every route is guarded, every operation stands in one table, and the table is as it was agreed."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from services.gateway.api.permissions import PERMISSIONS, PUBLIC_OPERATIONS
from tests.gateway.conftest import RunningGateway

NOBODYS = UUID(int=7)
ROLES = ("trader", "customs", "authority", "partner", "admin")
AGREED = """
read_me                trader customs authority partner admin
add_party              admin
list_parties           admin
read_party             admin
change_party           admin
give_credential        admin
list_credentials       admin
rotate_credential      admin
end_credential         admin
grant_mandate          trader admin
list_mandates          trader admin
read_mandate           trader admin
revoke_mandate         trader admin
end_mandate            trader admin
lodge_declaration      trader
lodge_declarations     trader
validate_declaration   trader
read_content           trader
read_receipt           trader
list_declarations      trader customs authority
read_declaration       trader customs authority
replace_declaration    trader
cancel_declaration     trader
release_declaration    customs
refuse_declaration     customs
override_finding       customs
correct_declaration    customs
consent_to_more        authority
add_permit             authority
add_permits            authority
list_permits           trader customs authority
read_permit            trader customs authority
read_ledger            trader customs authority
endorse_permit         customs
revoke_permit          authority
replace_permit         authority
lose_permit            authority
find_permit            authority
read_annual_report     authority
apply_for_permit       trader
list_applications      trader authority
read_application       trader authority
query_application      authority
answer_application     trader
withdraw_application   trader
assess_application     authority
grant_application      authority
refuse_application     authority
read_mirror_report     authority
read_reference         trader customs authority partner admin
read_taxa              trader customs authority partner admin
read_suspensions       trader customs authority partner admin
read_quotas            trader customs authority partner admin
load_taxa              admin
load_suspensions       admin
load_quotas            admin
read_policy            trader customs authority partner admin
change_policy          admin
add_endpoint           trader customs authority partner
list_endpoints         trader customs authority partner
read_endpoint          trader customs authority partner
change_endpoint        trader customs authority partner
end_endpoint           trader customs authority partner
rotate_endpoint_secret trader customs authority partner
verify_endpoint        trader customs authority partner
test_endpoint          trader customs authority partner
replay_events          trader customs authority partner
list_deliveries        trader customs authority partner
retry_delivery         trader customs authority partner
pull_events            trader customs authority partner
acknowledge_event      trader customs authority partner
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


def _operations(hub: RunningGateway) -> Iterator[tuple[str, str, str]]:
    for route in hub.app.routes:
        if isinstance(route, APIRoute) and route.path not in HEALTH_AND_PAGES:
            path = route.path.replace("{id}", str(NOBODYS)).replace("{client_id}", "nobody")
            for method in route.methods or ():
                yield str(route.operation_id), method, path.replace("{table}", "terms").replace("{country}", "FR")


async def test_every_operation_is_in_the_table_and_only_those(hub: RunningGateway) -> None:
    assert {operation for operation, _, _ in _operations(hub)} == PERMISSIONS.keys() | PUBLIC_OPERATIONS
    assert {str(getattr(route, "path", "")) for route in hub.app.routes} >= HEALTH_AND_PAGES
    apart = {str(getattr(route, "path", "")) for route in hub.app.routes if not isinstance(route, APIRoute)}
    assert apart <= HEALTH_AND_PAGES


def test_the_table_is_as_it_was_agreed() -> None:
    assert {operation: set(roles) for operation, roles in PERMISSIONS.items()} == _agreed()


async def test_every_route_without_a_good_token_is_401(hub: RunningGateway, subtests: pytest.Subtests) -> None:
    for operation, method, path in _operations(hub):
        if operation in PUBLIC_OPERATIONS:
            continue
        for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
            with subtests.test(operation, header=header):
                response = await hub.http.request(method, path, headers=header)
                assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
                assert response.headers["www-authenticate"].startswith("Bearer")
                assert response.headers["content-type"] == "application/problem+json"
    assert not [asked for asked in hub.permits.requests + hub.notifications.requests if asked.caller.party]


async def test_every_role_may_do_what_the_table_says_and_nothing_else(
    hub: RunningGateway, subtests: pytest.Subtests
) -> None:
    headers = {role: (await hub.party(role))[1] for role in ROLES}
    agreed = _agreed()
    for operation, method, path in _operations(hub):
        for role in ROLES if operation not in PUBLIC_OPERATIONS else ():
            with subtests.test(operation, role=role):
                response = await hub.http.request(method, path, headers=headers[role])
                content = response.json() if response.content else {}
                refused = response.status_code == 403 and content["code"] == "role-not-allowed"
                assert refused == (role not in agreed[operation]), response.text
                assert response.status_code < 500


async def test_a_party_of_two_roles_may_do_what_either_may(hub: RunningGateway) -> None:
    _, both = await hub.party("customs", "authority")
    for path in (f"/v1/declarations/{NOBODYS}/release", f"/v1/declarations/{NOBODYS}/consent"):
        assert (await hub.http.post(path, headers=both)).status_code == 200
    assert (await hub.http.post(f"/v1/declarations/{NOBODYS}/cancellation", headers=both)).status_code == 403
