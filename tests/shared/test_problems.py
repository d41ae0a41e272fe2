"""Names in the detail of a problem."""

import pytest

from shared.contracts.closed_sets import Role
from shared.problems import MAX_NAMES, list_names, role_not_allowed


def test_list_names_beyond_the_limit_gives_the_number_of_the_others() -> None:
    assert list_names(["A", "B"]) == "A, B"
    assert list_names(range(MAX_NAMES)).endswith(", 19")
    assert list_names(range(MAX_NAMES + 3)).endswith(", 19 and 3 more")


@pytest.mark.parametrize(("allowed", "present", "detail"), [
    (
        {Role.CUSTOMS}, {Role.TRADER},
        "Only the role customs may do this; your party has the role trader. Leave it to a party with that role. If it "
        "is your task, the administrator of the hub adds the role.",
    ),
    (
        (Role.TRADER, Role.AUTHORITY), (),
        "Only the roles authority, trader may do this; your party has no role. Leave it to a party with one of those "
        "roles. If it is your task, the administrator of the hub adds the role.",
    ),
])  # fmt: skip
def test_problem_of_a_missing_role_names_the_needed_and_the_present_roles(
    allowed: set[Role], present: set[Role], detail: str
) -> None:
    assert role_not_allowed(allowed, present).detail == detail
