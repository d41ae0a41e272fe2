"""The sets of roles that routes name agree with the closed set of roles."""

from services.gateway.api.routing.permissions import ALL_ROLES, SUBSCRIBER_ROLES
from shared.contracts.closed_sets import Role


def test_roles_of_routes_for_all_are_the_closed_set() -> None:
    assert set(Role) == ALL_ROLES


def test_roles_of_subscribers_leave_out_administrator() -> None:
    assert {Role.ADMIN} == ALL_ROLES - SUBSCRIBER_ROLES
