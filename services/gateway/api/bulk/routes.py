"""The routes for many declarations or permits, line by line."""

from services.gateway.api.bulk import examples, handlers
from services.gateway.api.routing.parameters import HeaderParameter
from services.gateway.api.routing.permissions import AUTHORITY, DECLARANTS
from services.gateway.api.routing.route import NDJSON_LINES, AsgiHandler, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import DECLARATIONS, PERMITS

LINES_IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="Key of the lines without a key of their own; send the same key again with the same lines",
    problems=("idempotency-key-invalid",),
)
LINE_RULES = """

Each line is one JSON document, alone or with a key of its own: `{"idempotency_key": "…", "%s": {…}}`. The key of a
line without one is the Idempotency-Key of the request and %s. So you can send the same lines again, all or the rest,
and nothing is doubled.

The hub returns one line per line, in order, as soon as each is durable. It has `line` (the number), `status_code`, and
the body of `POST %s` or the problem. `replayed` is true if the hub had stored the line before. A bad line fails no
other line.

Read the results while you send. If too many are unread, the hub stops reading lines. If you read nothing for a
minute, it ends the connection; send the rest again with the same keys."""
RESULT_LINES = RouteResponse(description="One result per line, in order", media=(NDJSON_LINES,))

ROUTES = (
    Route(
        method="POST",
        path="/v1/declarations/bulk",
        operation_id="lodge_declarations",
        tag=DECLARATIONS,
        summary="Lodge many declarations",
        description=(
            "A trader, its agent, or customs for travellers lodges many declarations in one request."
            + LINE_RULES % ("declaration", "the reference of the declaration", "/v1/declarations")
        ),
        permission=DECLARANTS,
        handler=AsgiHandler(handlers.lodge_declarations),
        headers=(LINES_IDEMPOTENCY_KEY,),
        request=RequestBody(media=(NDJSON_LINES,)),
        responses=(RESULT_LINES,),
        problems=("unsupported-media-type", "too-many-bulk-requests", "overloaded"),
        example=examples.LODGE_DECLARATIONS,
    ),
    Route(
        method="POST",
        path="/v1/permits/bulk",
        operation_id="create_permits",
        tag=PERMITS,
        summary="Issue or register many permits",
        description=(
            "An authority issues or registers many permits in one request."
            + LINE_RULES % ("permit", "the content of the permit", "/v1/permits")
        ),
        permission=AUTHORITY,
        handler=AsgiHandler(handlers.create_permits),
        headers=(LINES_IDEMPOTENCY_KEY,),
        request=RequestBody(media=(NDJSON_LINES,)),
        responses=(RESULT_LINES,),
        problems=("unsupported-media-type", "too-many-bulk-requests", "overloaded"),
        example=examples.CREATE_PERMITS,
    ),
)
