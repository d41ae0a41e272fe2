"""The routes about the policies of countries."""

from services.gateway.api.policies import examples
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import IDEMPOTENCY_KEY, REQUIRED_IF_MATCH
from services.gateway.api.routing.permissions import ADMIN, ALL_ROLES
from services.gateway.api.routing.route import RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import POLICIES
from shared.contracts.policy import Policy
from shared.contracts.views.reference import PolicyView

PATH = "/v1/policies/{country}"

ROUTES = (
    Route(
        method="GET",
        path=PATH,
        operation_id="read_policy",
        tag=POLICIES,
        summary="Read a country's policy",
        description=(
            "You read the requirements of a country beyond the Convention. Every switch is off until the administrator "
            "turns it on."
        ),
        permission=ALL_ROLES,
        handler=forward,
        service="permits",
        responses=(RouteResponse(description="The switches, with the version as ETag", model=PolicyView),),
        example=examples.READ_POLICY,
    ),
    Route(
        method="PUT",
        path=PATH,
        operation_id="replace_policy",
        tag=POLICIES,
        summary="Change a country's policy",
        description=(
            "The administrator sends all switches. A switch that you leave out is off. The policy applies to every "
            "later check."
        ),
        permission=ADMIN,
        handler=forward,
        service="permits",
        headers=(REQUIRED_IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Policy),
        responses=(RouteResponse(description="The new policy", model=PolicyView),),
        example=examples.REPLACE_POLICY,
    ),
)
