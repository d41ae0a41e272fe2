"""The routes about permits, one at a time; bulk/ has the one that takes many."""

from services.gateway.api.permits import examples
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import (
    DAY,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    ISSUER,
    PAGE,
    PERMIT_TOKEN,
    TAXON,
    TEXT,
    QueryParameter,
    one_of,
)
from services.gateway.api.routing.permissions import AUTHORITY, CUSTOMS, SHIPMENT_ROLES
from services.gateway.api.routing.route import RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import PERMITS
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.permit import Endorsement, Loss, Permit, Recovery, Revocation
from shared.contracts.problems import PERMIT_PROBLEM_CODES
from shared.contracts.views.permits import CitedPermitView, Ledger, PermitByToken, Permits, PermitView

PATH = "/v1/permits"
NUMBER = QueryParameter(name="number", description="The permit's number", schema=TEXT)
STATUS = QueryParameter(
    name="status",
    description="Where it stands",
    schema=one_of(PermitStatus),
)
HOLDER = QueryParameter(name="holder", description="Identifier of its exporter or importer", schema=TEXT)
FIRST_DAY_OF_ISSUE = QueryParameter(name="from", description="First day of issue", schema=DAY)
LAST_DAY_OF_ISSUE = QueryParameter(name="to", description="Last day of issue, included", schema=DAY)
LINE = QueryParameter(
    name="line", description="Letter of one line of the permit", schema={"type": "string", "pattern": "^[A-Z0-9]{1,4}$"}
)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="create_permit",
        tag=PERMITS,
        summary="Issue or register a permit",
        description=(
            "By the issuing country's authority; where that has none on the hub, the importing country's "
            "registers it. The answer holds `token`, shown this once: who holds the paper reads the permit by it "
            "(Permit-Token)."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Permit),
        responses=(RouteResponse(status=201, description="The permit", model=PermitView),),
        problems=("permit-number-taken", "not-the-issuing-authority", *PERMIT_PROBLEM_CODES),
        example=examples.CREATE_PERMIT,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_permits",
        tag=PERMITS,
        summary="List permits",
        description="Those one may read. A stranger asks with issuer, number and the header Permit-Token.",
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        query=(NUMBER, ISSUER, STATUS, TAXON, HOLDER, FIRST_DAY_OF_ISSUE, LAST_DAY_OF_ISSUE, *PAGE),
        headers=(PERMIT_TOKEN,),
        responses=(RouteResponse(description="A page, newest first", model=Permits),),
        example=examples.LIST_PERMITS,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}",
        operation_id="read_permit",
        tag=PERMITS,
        summary="Read a permit",
        description=(
            "Holders and the countries' offices read it whole, who cited it reads its status and its own use, a "
            "stranger with Permit-Token what a border officer needs."
        ),
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        headers=(PERMIT_TOKEN,),
        responses=(
            RouteResponse(
                description="The permit, both sides of each line, its history",
                model=(PermitView, PermitByToken, CitedPermitView),
            ),
        ),
        example=examples.READ_PERMIT,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}/ledger",
        operation_id="read_permit_ledger",
        tag=PERMITS,
        summary="Read a permit's ledger",
        description="Entries are never changed or deleted.",
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        query=(LINE, *PAGE),
        responses=(
            RouteResponse(
                description="The story of its lines: entries oldest first, each with what stood after it",
                model=Ledger,
            ),
        ),
        example=examples.READ_PERMIT_LEDGER,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/endorsement",
        operation_id="endorse_permit",
        tag=PERMITS,
        summary="Endorse a permit at export",
        description="Box 14: the actual quantity of each line that left.",
        permission=CUSTOMS,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Endorsement),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition",),
        example=examples.ENDORSE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/revocation",
        operation_id="revoke_permit",
        tag=PERMITS,
        summary="Revoke a permit",
        description="Accepted declarations that cite it are referred to an officer in the same step.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Revocation),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition",),
        example=examples.REVOKE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/replacement",
        operation_id="replace_permit",
        tag=PERMITS,
        summary="Replace a permit",
        description=(
            "Issues the permit in the body in the place of this one. The two name one another, and declarations "
            "that cite the old one are referred to an officer in the same step."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Permit),
        responses=(
            RouteResponse(
                description="The old permit; `replaced_by` names the new one, with its token", model=PermitView
            ),
        ),
        problems=("invalid-transition", "permit-number-taken", "not-the-issuing-authority", *PERMIT_PROBLEM_CODES),
        example=examples.REPLACE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/loss",
        operation_id="report_permit_lost",
        tag=PERMITS,
        summary="Report a permit lost",
        description="Nothing is moved on it until it is found; declarations that cite it are referred to an officer.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Loss, required=False),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition",),
        example=examples.REPORT_PERMIT_LOST,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/found",
        operation_id="report_permit_found",
        tag=PERMITS,
        summary="Report a lost permit found",
        description="It stands again where it stood.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Recovery, required=False),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition",),
        example=examples.REPORT_PERMIT_FOUND,
    ),
)
