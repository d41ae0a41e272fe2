"""The problems of a route that follow from its declaration, so that no route can omit them."""

from dataclasses import replace
from typing import Any

import pytest

from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import IDEMPOTENCY_KEY, IF_MATCH, REQUIRED_IF_MATCH
from services.gateway.api.routing.permissions import PUBLIC, TRADER
from services.gateway.api.routing.problems import (
    BODY_PROBLEMS,
    CALLER_PROBLEMS,
    CODE_PROBLEMS,
    COMMON_PROBLEMS,
    list_problem_codes,
)
from services.gateway.api.routing.route import (
    CSV_FILE,
    NO_BODIES,
    WCO_DECLARATION,
    RequestBody,
    Route,
    RouteResponse,
)
from services.gateway.api.routing.tags import DECLARATIONS
from shared.contracts.declaration import Declaration

BARE = Route(
    method="GET",
    path="/v1/things",
    operation_id="list_things",
    tag=DECLARATIONS,
    summary="List things",
    description="A route of no subject.",
    permission=PUBLIC,
    handler=forward,
    responses=(RouteResponse(description="Things"),),
    example=NO_BODIES,
)


def test_problems_of_a_public_route_are_the_common_ones_and_those_that_it_names() -> None:
    assert list_problem_codes(BARE) == COMMON_PROBLEMS
    assert list_problem_codes(replace(BARE, problems=("overloaded",))) == (*COMMON_PROBLEMS, "overloaded")


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"permission": TRADER}, CALLER_PROBLEMS),
        ({"path": "/v1/things/{id}"}, ("not-found",)),
        ({"service": "notifications"}, ("service-unavailable",)),
        ({"headers": (IDEMPOTENCY_KEY,)}, ("idempotency-key-invalid", "idempotency-key-reused")),
        ({"headers": (IF_MATCH,)}, ("version-stale",)),
        ({"headers": (REQUIRED_IF_MATCH,)}, ("version-missing", "version-stale")),
        ({"request": RequestBody(model=Declaration)}, BODY_PROBLEMS),
        ({"request": RequestBody(model=Declaration), "service": "permits"}, (*BODY_PROBLEMS, *CODE_PROBLEMS)),
        ({"request": RequestBody(media=(WCO_DECLARATION,))}, ("malformed-xml", "doctype-not-allowed")),
        ({"request": RequestBody(media=(CSV_FILE,))}, ("columns-missing", "nothing-taken")),
    ],
)
def test_problem_that_follows_from_the_declaration_is_listed(change: dict[str, Any], codes: tuple[str, ...]) -> None:
    assert set(codes) <= set(list_problem_codes(replace(BARE, **change)))
    assert set(codes).isdisjoint(list_problem_codes(BARE))


def test_problem_code_is_listed_once() -> None:
    codes = list_problem_codes(replace(BARE, path="/v1/things/{id}", problems=("not-found",)))
    assert codes == (*COMMON_PROBLEMS, "not-found", "invalid-parameter")
