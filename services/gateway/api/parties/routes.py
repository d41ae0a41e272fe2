"""The routes about parties."""

from services.gateway.api.parties import examples, handlers
from services.gateway.api.parties.models import Parties, PartyView
from services.gateway.api.routing.parameters import IDEMPOTENCY_KEY, PAGE, REQUIRED_IF_MATCH
from services.gateway.api.routing.permissions import ADMIN, ALL_ROLES
from services.gateway.api.routing.route import RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import ACCESS
from shared.contracts.parties import NewParty, PartyChange

ROUTES = (
    Route(
        method="GET",
        path="/v1/me",
        operation_id="read_me",
        tag=ACCESS,
        summary="Read your own party",
        description="You read the party of your access token: roles, country, identifiers and grants.",
        permission=ALL_ROLES,
        handler=handlers.read_me,
        responses=(RouteResponse(description="The party", model=PartyView),),
        example=examples.READ_ME,
    ),
    Route(
        method="POST",
        path="/v1/parties",
        operation_id="create_party",
        tag=ACCESS,
        summary="Add a party",
        description="The administrator adds a party. An identifier belongs to one party of its country.",
        permission=ADMIN,
        handler=handlers.create_party,
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=NewParty),
        responses=(RouteResponse(status=201, description="The party", model=PartyView),),
        problems=("unknown-country", "identifier-taken"),
        example=examples.CREATE_PARTY,
        creates=True,
    ),
    Route(
        method="GET",
        path="/v1/parties",
        operation_id="list_parties",
        tag=ACCESS,
        summary="List parties",
        description="The administrator lists all parties, newest first, disabled ones included.",
        permission=ADMIN,
        handler=handlers.list_parties,
        query=PAGE,
        responses=(RouteResponse(description="A page, newest first", model=Parties),),
        example=examples.LIST_PARTIES,
    ),
    Route(
        method="GET",
        path="/v1/parties/{id}",
        operation_id="read_party",
        tag=ACCESS,
        summary="Read a party",
        description="The administrator reads a party. Its version is the ETag for a change.",
        permission=ADMIN,
        handler=handlers.read_party,
        responses=(RouteResponse(description="The party", model=PartyView),),
        example=examples.READ_PARTY,
    ),
    Route(
        method="PATCH",
        path="/v1/parties/{id}",
        operation_id="update_party",
        tag=ACCESS,
        summary="Change a party",
        description=(
            "The administrator changes a party. A field that you send replaces the whole value. The hub refuses a "
            "disabled party within one minute."
        ),
        permission=ADMIN,
        handler=handlers.update_party,
        headers=(REQUIRED_IF_MATCH,),
        request=RequestBody(model=PartyChange),
        responses=(RouteResponse(description="The party", model=PartyView),),
        problems=("unknown-country", "last-admin", "identifier-taken"),
        example=examples.UPDATE_PARTY,
    ),
)
