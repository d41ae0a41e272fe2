"""The pages to which the `type` of problem documents leads (RFC 9457, 3.1.1)."""

from services.gateway.api.problems import examples, handlers
from services.gateway.api.problems.models import ProblemDescription, ProblemSummaries
from services.gateway.api.routing.parameters import IF_NONE_MATCH
from services.gateway.api.routing.permissions import PUBLIC
from services.gateway.api.routing.route import NOT_MODIFIED, Media, Route, RouteResponse
from services.gateway.api.routing.tags import REFERENCE

HTML_PAGE = Media(media_type="text/html", schema={"type": "string", "description": "The same as a page for people"})

ROUTES = (
    Route(
        method="GET",
        path="/problems",
        operation_id="list_problems",
        tag=REFERENCE,
        summary="All problem codes",
        description=(
            "List all codes of problem documents (RFC 9457) with their meanings.\n\nThe response is a page in HTML, or "
            "JSON if `Accept` prefers `application/json`."
        ),
        permission=PUBLIC,
        handler=handlers.list_problem_codes,
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The codes", model=ProblemSummaries, media=(HTML_PAGE,)), NOT_MODIFIED),
        example=examples.LIST_PROBLEMS,
    ),
    Route(
        method="GET",
        path="/problems/{code}",
        operation_id="read_problem",
        tag=REFERENCE,
        summary="The meaning of a problem code",
        description=(
            "Read the meaning of a problem code, its causes, the next steps and an example.\n\nThe `type` of each "
            "problem document is this address. The response is a page in HTML, or JSON if `Accept` prefers "
            "`application/json`."
        ),
        permission=PUBLIC,
        handler=handlers.read_problem_code,
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The code", model=ProblemDescription, media=(HTML_PAGE,)), NOT_MODIFIED),
        example=examples.READ_PROBLEM,
    ),
)
