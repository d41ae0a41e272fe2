"""The routes about applications for permits."""

from services.gateway.api.applications import examples, handlers
from services.gateway.api.proxy.decisions import decide
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
from services.gateway.api.routing.route import LIST_COST, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import APPLICATIONS
from shared.contracts.application import Application, Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import ApplicationStatus
from shared.contracts.declaration import Refusal
from shared.contracts.problems.catalogue import PERMIT_PROBLEM_CODES
from shared.contracts.views.applications import Applications, ApplicationView

PATH = "/v1/permit-applications"
STATUS = QueryParameter(
    name="status",
    description="Status of the application",
    schema=one_of(ApplicationStatus),
)
KIND = QueryParameter(name="kind", description="Kind of permit, as in /v1/reference/kinds", schema=TEXT)
APPLICANT = QueryParameter(
    name="applicant", description="Party id of the applicant", schema={"type": "string", "format": "uuid"}
)
CURRENT_APPLICATION = RouteResponse(description="The application after the command", model=ApplicationView)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        operation_id="apply_for_permit",
        tag=APPLICATIONS,
        summary="Apply for a permit",
        description=(
            "The exporter or the importer applies, or an agent under its mandate. The authority of the issuing country "
            "receives `application.submitted` and decides."
        ),
        permission=TRADER,
        handler=handlers.apply_for_permit,
        service="permits",
        headers=(IDEMPOTENCY_KEY,),
        request=RequestBody(model=Application),
        responses=(RouteResponse(status=201, description="The new application", model=ApplicationView),),
        problems=("too-many-applications", "not-your-application", *PERMIT_PROBLEM_CODES),
        example=examples.APPLY_FOR_PERMIT,
        creates=True,
    ),
    Route(
        method="GET",
        path=PATH,
        operation_id="list_applications",
        cost=LIST_COST,
        tag=APPLICATIONS,
        summary="List applications",
        description=(
            "A trader lists its own applications, an authority those to its country. `days_open` counts the days "
            "until the decision."
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
        description="The applicant and the authority of the issuing country can read it. For all others it is 404.",
        permission=TRADER | AUTHORITY,
        handler=forward,
        service="permits",
        responses=(RouteResponse(description="The application with its history", model=ApplicationView),),
        example=examples.READ_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/query",
        operation_id="query_application",
        tag=APPLICATIONS,
        summary="Query the applicant",
        description=(
            "The authority of the issuing country asks a question. The status becomes `queried`. The applicant "
            "receives `application.queried` and replies by `/answer`."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Question),
        responses=(CURRENT_APPLICATION,),
        problems=(
            "conflict-of-interest",
            "history-full",
            "invalid-transition",
        ),
        example=examples.QUERY_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/assessment",
        operation_id="assess_application",
        tag=APPLICATIONS,
        summary="Record an assessment",
        description=(
            "An officer of the issuing country's authority records a recommendation. Only the authority reads it and "
            "receives `application.assessed`. If the country's policy requires two people, another officer grants the "
            "application."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Assessment),
        responses=(CURRENT_APPLICATION,),
        problems=(
            "conflict-of-interest",
            "history-full",
            "invalid-transition",
        ),
        example=examples.ASSESS_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/grant",
        operation_id="grant_application",
        tag=APPLICATIONS,
        summary="Grant an application",
        description=(
            "The authority of the issuing country grants. The hub issues the permit in the same transaction; `permit` "
            "has its id, its number, and its token, shown once. The applicant receives `application.granted`.\n\n"
            "An empty body grants everything. `lines` grants only these lines, each with the requested quantity or "
            "less."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=GrantDecision, required=False),
        responses=(CURRENT_APPLICATION,),
        problems=(
            "conflict-of-interest",
            "invalid-transition",
            "permit-number-taken",
            "secret-not-kept",
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
        description=(
            "The authority of the issuing country refuses and states a reason, which the applicant can read. The "
            "applicant receives `application.refused`."
        ),
        permission=AUTHORITY,
        handler=decide,
        service="permits",
        headers=(IF_MATCH, IDEMPOTENCY_KEY),
        request=RequestBody(model=Refusal),
        responses=(CURRENT_APPLICATION,),
        problems=("conflict-of-interest", "invalid-transition"),
        example=examples.REFUSE_APPLICATION,
    ),
    Route(
        method="POST",
        path=PATH + "/{id}/answer",
        operation_id="answer_application",
        tag=APPLICATIONS,
        summary="Reply to the authority",
        description=(
            "The applicant or its agent replies. The status becomes `submitted`, and the authority decides next."
        ),
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
        summary="Withdraw an application",
        description=(
            "The applicant or its agent withdraws it. After the decision the hub returns 409 `invalid-transition`."
        ),
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
