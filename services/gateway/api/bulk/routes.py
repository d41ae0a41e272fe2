"""The routes that take many declarations or permits, line by line."""

from services.gateway.api.bulk import examples, handlers
from services.gateway.api.routing.parameters import HeaderParameter
from services.gateway.api.routing.permissions import AUTHORITY, TRADER
from services.gateway.api.routing.route import NDJSON_LINES, AsgiHandler, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import DECLARATIONS, PERMITS

LINES_IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="Names the lines that have no key of their own, the same when they are sent again",
    problems=("idempotency-key-invalid",),
)
LINE_RULES = """

One JSON document a line, itself or with a key of its own: `{"idempotency_key": "…", "%s": {…}}`. Without one, a line is
named by this request's Idempotency-Key and %s, so sending the same lines again, all or the rest, doubles nothing.
Each line is answered by one line, in order, as they become durable: `line` (its number), `status_code`, and the body
that `POST %s` would answer to it alone, or its problem; `replayed` when it had been taken in before."""
RESULT_LINES = RouteResponse(description="An answer a line, in order", media=(NDJSON_LINES,))

ROUTES = (
    Route(
        method="POST",
        path="/v1/declarations/bulk",
        operation_id="lodge_declarations",
        tag=DECLARATIONS,
        summary="Lodge many declarations",
        description=(
            "Lodge many declarations, line by line, each for itself."
            + LINE_RULES % ("declaration", "its reference", "/v1/declarations")
        ),
        permission=TRADER,
        handler=AsgiHandler(handlers.lodge_declarations),
        headers=(LINES_IDEMPOTENCY_KEY,),
        request=RequestBody(media=(NDJSON_LINES,)),
        responses=(RESULT_LINES,),
        problems=("unsupported-media-type",),
        example=examples.LODGE_DECLARATIONS,
    ),
    Route(
        method="POST",
        path="/v1/permits/bulk",
        operation_id="create_permits",
        tag=PERMITS,
        summary="Issue or register many permits",
        description=(
            "Issue or register many permits, line by line, each for itself."
            + LINE_RULES % ("permit", "all it states", "/v1/permits")
        ),
        permission=AUTHORITY,
        handler=AsgiHandler(handlers.create_permits),
        headers=(LINES_IDEMPOTENCY_KEY,),
        request=RequestBody(media=(NDJSON_LINES,)),
        responses=(RESULT_LINES,),
        problems=("unsupported-media-type",),
        example=examples.CREATE_PERMITS,
    ),
)
