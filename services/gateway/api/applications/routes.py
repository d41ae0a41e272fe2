"""The routes about applications for permits."""

from services.gateway.api.applications import examples, handlers
from services.gateway.api.proxy.proxy import forward
from services.gateway.api.routing.parameters import (
    FIRST_DAY,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    ISSUER,
    LAST_DAY,
    PAGE,
    REFERENCE,
    TAXON,
    TEXT,
    QueryParameter,
    one_of,
)
from services.gateway.api.routing.permissions import AUTHORITY, TRADER
from services.gateway.api.routing.route import RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import APPLICATIONS
from shared.contracts.application import Application, Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import ApplicationStatus
from shared.contracts.declaration import Refusal
from shared.contracts.problems import PERMIT_PROBLEM_CODES
from shared.contracts.views.applications import Applications, ApplicationView

PATH = "/v1/permit-applications"
STATUS = QueryParameter(
    name="status",
    description="Where it stands",
    schema=one_of(ApplicationStatus),
)
KIND = QueryParameter(name="kind", description="Kind of permit, as in /v1/reference/kinds", schema=TEXT)
APPLICANT = QueryParameter(
    name="applicant", description="Party id of the applicant", schema={"type": "string", "format": "uuid"}
)
CURRENT_APPLICATION = RouteResponse(description="The application as it is now", model=ApplicationView)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="apply_for_permit",
        tag=APPLICATIONS,
        summary="Apply for a permit",
        description=(
            "By a trader named as exporter or importer, or by an agent that holds its mandate: a permit without "
            "its number and dates, which the authority gives."
        ),
        permission=TRADER,
        handler=handlers.apply_for_permit,
        service="permits",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Application),
        responses=(RouteResponse(status=201, description="The application", model=ApplicationView),),
        problems=("not-your-application", *PERMIT_PROBLEM_CODES),
        example=examples.APPLY_FOR_PERMIT,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_applications",
        tag=APPLICATIONS,
        summary="List applications",
        description=(
            "A trader's own; of an authority those made to its country. Each says how many days it has been open."
        ),
        permission=TRADER | AUTHORITY,
        handler=forward,
        service="permits",
        query=(STATUS, KIND, ISSUER, REFERENCE, TAXON, APPLICANT, FIRST_DAY, LAST_DAY, *PAGE),
        responses=(RouteResponse(description="A page, newest first", model=Applications),),
        example=examples.LIST_APPLICATIONS,
    ),
    Route(
        method="GET",
        path=PATH + "/{id}",
        operation_id="read_application",
        tag=APPLICATIONS,
        summary="Read an application",
        description="By its applicant, and by the authority of the country that is asked.",
        permission=TRADER | AUTHORITY,
        handler=forward,
        service="permits",
        responses=(
            RouteResponse(description="The application with its history and its days open", model=ApplicationView),
        ),
        example=examples.READ_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/query",
        operation_id="query_application",
        tag=APPLICATIONS,
        summary="Ask the applicant",
        description="The application waits for the answer.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Question),
        responses=(CURRENT_APPLICATION,),
        problems=("invalid-transition",),
        example=examples.QUERY_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/assessment",
        operation_id="assess_application",
        tag=APPLICATIONS,
        summary="Say what you found",
        description=(
            "Heard and read by the authority alone. Where the country's policy asks for two people, another one grants."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Assessment),
        responses=(CURRENT_APPLICATION,),
        problems=("invalid-transition",),
        example=examples.ASSESS_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/grant",
        operation_id="grant_application",
        tag=APPLICATIONS,
        summary="Grant an application",
        description=(
            "Issues the permit in the same step: `permit` names it, with its token, shown this once. An empty "
            "body grants all that was asked; where `lines` are named, those alone are granted, each with as much "
            "as was asked or less."
        ),
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=GrantDecision, required=False),
        responses=(CURRENT_APPLICATION,),
        problems=(
            "invalid-transition",
            "permit-number-taken",
            "assessment-missing",
            "same-person",
            "no-such-line",
            "more-than-asked",
            *PERMIT_PROBLEM_CODES,
        ),
        example=examples.GRANT_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/refusal",
        operation_id="refuse_application",
        tag=APPLICATIONS,
        summary="Refuse an application",
        description="For a reason, which the applicant reads.",
        permission=AUTHORITY,
        handler=forward,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Refusal),
        responses=(CURRENT_APPLICATION,),
        problems=("invalid-transition",),
        example=examples.REFUSE_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/answer",
        operation_id="answer_application",
        tag=APPLICATIONS,
        summary="Answer the authority",
        description="The application is the authority's again.",
        permission=TRADER,
        handler=handlers.respond_or_withdraw,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Reply),
        responses=(CURRENT_APPLICATION,),
        problems=("invalid-transition", "not-your-application"),
        example=examples.ANSWER_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/withdrawal",
        operation_id="withdraw_application",
        tag=APPLICATIONS,
        summary="Take an application back",
        description="By the applicant or its agent, as long as it is not decided.",
        permission=TRADER,
        handler=handlers.respond_or_withdraw,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Withdrawal, required=False),
        responses=(CURRENT_APPLICATION,),
        problems=("invalid-transition", "not-your-application"),
        example=examples.WITHDRAW_APPLICATION,
    ),
)
