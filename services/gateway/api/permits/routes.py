"""The routes for one permit. bulk/ has the route for many."""

from services.gateway.api.permits import examples
from services.gateway.api.proxy.decisions import decide
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
from services.gateway.api.routing.route import LIST_COST, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import PERMITS
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.permit import Endorsement, Loss, Permit, Recovery, Revocation, Takeover
from shared.contracts.problems.catalogue import PERMIT_PROBLEM_CODES
from shared.contracts.views.permits import CitedPermitView, Ledger, PermitByToken, Permits, PermitView

PATH = "/v1/permits"
SECOND_PERSON_CODES = ("second-person-missing", "same-person")
NUMBER = QueryParameter(name="number", description="Permit number, box 1", schema=TEXT)
STATUS = QueryParameter(
    name="status",
    description="Status of the permit",
    schema=one_of(PermitStatus),
)
HOLDER = QueryParameter(name="holder", description="Identifier of the exporter or importer", schema=TEXT)
FIRST_DAY_OF_ISSUE = QueryParameter(name="from", description="First day of issue", schema=DAY)
LAST_DAY_OF_ISSUE = QueryParameter(name="to", description="Last day of issue", schema=DAY)
LINE = QueryParameter(
    name="line", description="Letter of a permit line", schema={"type": "string", "pattern": "^[A-Z0-9]{1,4}$"}
)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="create_permit",
        tag=PERMITS,
        summary="Issue or register a permit",
        description=(
            "The authority of the issuing country issues a permit. If that country has no authority on the hub, the "
            "authority of the importing country registers it.\n\n"
            "The response has `token`, shown once. A reader without a party in the permit sends it in the header "
            "Permit-Token. Holders and authorities receive `permit.issued`.\n\n"
            "If the policy of the country requires two people, the first request is stored as a proposal (409). The "
            "permit is issued when a second person sends the same content."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Permit),
        responses=(RouteResponse(status=201, description="The new permit", model=PermitView),),
        problems=(
            "conflict-of-interest",
            "permit-number-taken",
            "permit-number-registered",
            "secret-not-kept",
            "not-the-issuing-authority",
            *SECOND_PERSON_CODES,
            *PERMIT_PROBLEM_CODES,
        ),
        example=examples.CREATE_PERMIT,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_permits",
        cost=LIST_COST,
        tag=PERMITS,
        summary="List permits",
        description=(
            "You list the permits that you can read. Any other reader finds a permit by issuer, number and the header "
            "Permit-Token."
        ),
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
            "Holders, and authorities and customs of its countries, read it in full. A party that cited it reads its "
            "status and its own usage. A reader with Permit-Token reads what a border officer needs. For all others it "
            "is 404."
        ),
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        headers=(PERMIT_TOKEN,),
        responses=(
            RouteResponse(
                description="The permit with the balances of its lines",
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
        description="The readers of the whole permit read its ledger. The hub never changes or deletes an entry.",
        permission=SHIPMENT_ROLES,
        handler=forward,
        service="permits",
        query=(LINE, *PAGE),
        responses=(
            RouteResponse(
                description="Entries, oldest first, each with the balances after it",
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
        description=(
            "Customs of the country of export states the quantity of each line that left (box 14). From then on the "
            "import side counts from these quantities. The hub refers accepted declarations that no longer fit."
        ),
        permission=CUSTOMS,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Endorsement),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("conflict-of-interest", "invalid-transition", "issuer-has-authority"),
        example=examples.ENDORSE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/revocation",
        operation_id="revoke_permit",
        tag=PERMITS,
        summary="Revoke a permit",
        description=(
            "The authority of the issuing country revokes a permit. In the same transaction the hub refers accepted "
            "declarations that cite it. Every party that cited or read it receives `permit.revoked`."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Revocation),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition", "issuer-has-authority"),
        example=examples.REVOKE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/replacement",
        operation_id="replace_permit",
        tag=PERMITS,
        summary="Replace a permit",
        description=(
            "The authority of the issuing country issues the permit in the body and replaces this one. `replaces` and "
            "`replaced_by` link them. In the same transaction the hub refers accepted declarations that cite the old "
            "permit. The issuer may give the new permit the number of a permit that another country had registered.\n\n"
            "If the policy of the country requires two people, both send the same body, as at `POST /v1/permits`."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Permit),
        responses=(
            RouteResponse(
                description="The old permit. `replaced_by` has the new permit and its token", model=PermitView
            ),
        ),
        problems=(
            "conflict-of-interest",
            "invalid-transition",
            "permit-number-taken",
            "permit-number-registered",
            "secret-not-kept",
            "not-the-issuing-authority",
            "issuer-has-authority",
            *SECOND_PERSON_CODES,
            *PERMIT_PROBLEM_CODES,
        ),
        example=examples.REPLACE_PERMIT,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/loss",
        operation_id="report_permit_lost",
        tag=PERMITS,
        summary="Report a permit lost",
        description=(
            "The authority records the loss. The permit covers nothing until it is found. The hub refers accepted "
            "declarations that cite it."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Loss, required=False),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("invalid-transition", "issuer-has-authority"),
        example=examples.REPORT_PERMIT_LOST,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/found",
        operation_id="report_permit_found",
        tag=PERMITS,
        summary="Report a lost permit found",
        description=(
            "The authority records that the permit was found. The permit is valid again, with its earlier balances. "
            "The hub settles the findings about the loss."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Recovery, required=False),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=("conflict-of-interest", "invalid-transition", "issuer-has-authority"),
        example=examples.REPORT_PERMIT_FOUND,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/takeover",
        operation_id="take_over_permit",
        tag=PERMITS,
        summary="Take over a permit",
        description=(
            "The authority of the issuing country takes over a permit that another country registered before that "
            "authority joined the hub. Balances, reservations and uses stay. The registering country has no power over "
            "the permit since the authority joined. Holders and offices receive `permit.taken_over`."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Takeover, required=False),
        responses=(RouteResponse(description="The permit", model=PermitView),),
        problems=(
            "conflict-of-interest",
            "invalid-transition",
            "permit-already-own",
            "not-the-issuing-authority",
            *SECOND_PERSON_CODES,
        ),
        example=examples.TAKE_OVER_PERMIT,
    ),
)
