"""The routes about mandates."""

from services.gateway.api.mandates import examples, handlers
from services.gateway.api.mandates.models import Mandate, Mandates
from services.gateway.api.routing.parameters import IDEMPOTENCY_KEY, PAGE
from services.gateway.api.routing.permissions import ADMIN, TRADER
from services.gateway.api.routing.route import NO_BODIES, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import ACCESS
from shared.contracts.parties import NewMandate

PATH = "/v1/mandates"

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="create_mandate",
        tag=ACCESS,
        summary="Grant a mandate",
        description=(
            "A trader lets an agent declare for it, from the first to the last day (in UTC). The administrator may "
            "grant a mandate for a trader that it states.\n\n"
            "The mandate is offered until the agent accepts it, or first lodges under it. The agent states the trader "
            "in `trader` of the declaration. The history names both. The trader may revoke the mandate at any time."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.create_mandate,
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewMandate),
        responses=(RouteResponse(status=201, description="The new mandate", model=Mandate),),
        problems=("not-your-mandate", "agent-unknown", "too-many-mandates"),
        example=examples.CREATE_MANDATE,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_mandates",
        tag=ACCESS,
        summary="List mandates",
        description=(
            "You list the mandates that your party granted or received, newest first. The administrator lists all."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.list_mandates,
        query=PAGE,
        responses=(RouteResponse(description="A page, newest first", model=Mandates),),
        example=examples.LIST_MANDATES,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}",
        operation_id="read_mandate",
        tag=ACCESS,
        summary="Read a mandate",
        description=(
            "Its trader, its agent and the administrator can read it. The status is offered, future, active, ended or "
            "revoked."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.read_mandate,
        responses=(RouteResponse(description="The mandate", model=Mandate),),
        example=examples.READ_MANDATE,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/acceptance",
        operation_id="accept_mandate",
        tag=ACCESS,
        summary="Accept a mandate",
        description=(
            "The agent accepts an offered mandate. It also accepts it when it first lodges a declaration or an "
            "application under it. A repetition changes nothing."
        ),
        permission=TRADER,
        handler=handlers.accept_mandate,
        responses=(RouteResponse(description="The accepted mandate", model=Mandate),),
        problems=("not-your-mandate", "invalid-transition"),
        example=examples.ACCEPT_MANDATE,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/revocation",
        operation_id="revoke_mandate",
        tag=ACCESS,
        summary="Revoke a mandate",
        description=(
            "The trader or the administrator revokes it. Within one minute the agent can no longer lodge, amend or "
            "cancel under it.\n\n"
            "Lodged declarations stay valid. The agent can still read what it lodged, as it lodged it, and nothing "
            "later. A repetition changes nothing."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.revoke_mandate,
        responses=(RouteResponse(description="The revoked mandate", model=Mandate),),
        problems=("not-your-mandate",),
        example=examples.REVOKE_MANDATE,
    ),
    Route(
        method="DELETE",
        path=PATH + "/{id}",
        operation_id="delete_mandate",
        tag=ACCESS,
        summary="Revoke a mandate, as DELETE",
        description="The same as `POST …/revocation`, without a response body. The mandate stays readable.",
        permission=TRADER | ADMIN,
        handler=handlers.delete_mandate,
        responses=(RouteResponse(status=204, description="The mandate is revoked"),),
        problems=("not-your-mandate",),
        example=NO_BODIES,
    ),
)
