"""The routes of reports, which permits writes and the gateway streams."""

from services.gateway.api.proxy.streaming import stream_reply
from services.gateway.api.reports import examples
from services.gateway.api.routing.parameters import COUNTRY_CODE, QueryParameter, one_of
from services.gateway.api.routing.permissions import AUTHORITY
from services.gateway.api.routing.route import CSV_FILE, Route, RouteResponse
from services.gateway.api.routing.tags import REPORTS
from shared.contracts.closed_sets import Side

PATH = "/v1/reports"
YEAR = QueryParameter(
    name="year",
    description="Calendar year",
    schema={"type": "integer", "minimum": 1975, "maximum": 2999},
    required=True,
)
SIDE = QueryParameter(
    name="side",
    description="`export`: what left; `import`: what arrived",
    schema=one_of(Side),
    required=True,
)
COUNTRY = QueryParameter(
    name="country", description="The country whose report it is, ISO 3166-1 alpha-2", schema=COUNTRY_CODE, required=True
)

ROUTES = (
    Route(
        method="GET",
        path=PATH + "/annual",
        operation_id="read_annual_report",
        tag=REPORTS,
        summary="The annual report",
        description=(
            "Of one's own country, streamed as CSV with the columns of the guidelines: the exporter's quantities "
            "are what was endorsed in the year, the importer's what was released. What arrived under an import "
            "and an export permit is one row that names both."
        ),
        permission=AUTHORITY,
        handler=stream_reply,
        service="permits",
        query=(YEAR, SIDE, COUNTRY),
        responses=(RouteResponse(description="One row a permit line, from what was used", media=(CSV_FILE,)),),
        problems=("reports-busy", "not-found"),
        example=examples.READ_ANNUAL_REPORT,
    ),
    Route(
        method="GET",
        path=PATH + "/mirror",
        operation_id="read_mirror_report",
        tag=REPORTS,
        summary="What the other side said",
        description=(
            "Streamed as CSV: what was endorsed at export in the year beside what was released at import, and the"
            " difference, in the unit of the annual report. What leaves in December arrives in January."
        ),
        permission=AUTHORITY,
        handler=stream_reply,
        service="permits",
        query=(YEAR, COUNTRY),
        responses=(
            RouteResponse(description="One row a permit line that left or entered the country", media=(CSV_FILE,)),
        ),
        problems=("reports-busy", "not-found"),
        example=examples.READ_MIRROR_REPORT,
    ),
)
