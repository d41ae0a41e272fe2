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
        summary="Give a mandate",
        description=(
            "Let an agent declare for a trader, from one day to another (both included, in UTC).\n\n"
            "The trader gives it itself; the administrator may do so for a trader it names. The agent then names the "
            "trader in the declaration's `trader`; both stand in the history. The trader may take it back at any time."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.create_mandate,
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewMandate),
        responses=(RouteResponse(status=201, description="The mandate", model=Mandate),),
        problems=("not-your-mandate", "agent-unknown"),
        example=examples.CREATE_MANDATE,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_mandates",
        tag=ACCESS,
        summary="List mandates",
        description="List the mandates one gave or was given, newest first; the administrator lists all.",
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
            "Read a mandate one gave or was given: its days, and whether it is future, active, ended or revoked."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.read_mandate,
        responses=(RouteResponse(description="The mandate", model=Mandate),),
        example=examples.READ_MANDATE,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/revocation",
        operation_id="revoke_mandate",
        tag=ACCESS,
        summary="Revoke a mandate",
        description=(
            "Take a mandate back: within a minute everywhere the agent lodges, amends and cancels under it no more.\n\n"
            "What it lodged stands, and it may still read it. Asking again changes nothing."
        ),
        permission=TRADER | ADMIN,
        handler=handlers.revoke_mandate,
        responses=(RouteResponse(description="The mandate, revoked", model=Mandate),),
        problems=("not-your-mandate",),
        example=examples.REVOKE_MANDATE,
    ),
    Route(
        method="DELETE",
        path=PATH + "/{id}",
        operation_id="delete_mandate",
        tag=ACCESS,
        summary="Revoke a mandate, as DELETE",
        description="Take a mandate back, as `POST …/revocation` does; it stays readable.",
        permission=TRADER | ADMIN,
        handler=handlers.delete_mandate,
        responses=(RouteResponse(status=204, description="The mandate is revoked"),),
        problems=("not-your-mandate",),
        example=NO_BODIES,
    ),
)
