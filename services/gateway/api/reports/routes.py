"""The routes of reports. Permits writes them and the gateway streams them."""

from services.gateway.api.proxy.streaming import stream_reply
from services.gateway.api.reports import examples
from services.gateway.api.routing.parameters import COUNTRY_CODE, QueryParameter, one_of
from services.gateway.api.routing.permissions import AUTHORITY
from services.gateway.api.routing.route import CSV_FILE, REPORT_COST, Route, RouteResponse
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
    description="`export`: goods that left; `import`: goods that arrived",
    schema=one_of(Side),
    required=True,
)
COUNTRY = QueryParameter(
    name="country", description="Your own country, ISO 3166-1 alpha-2", schema=COUNTRY_CODE, required=True
)

ROUTES = (
    Route(
        method="GET",
        path=PATH + "/annual",
        operation_id="read_annual_report",
        cost=REPORT_COST,
        tag=REPORTS,
        summary="Read the annual report",
        description=(
            "An authority reads the annual report of its own country (Article VIII.7), as CSV with the columns of the "
            "guidelines. Exports are the endorsed quantities of the year, imports the released ones. An arrival under "
            "an import and an export permit is one row that names both. The file is UTF-8 with a byte order mark, and "
            "spreadsheets run no cell of it as a formula."
        ),
        permission=AUTHORITY,
        handler=stream_reply,
        service="permits",
        query=(YEAR, SIDE, COUNTRY),
        responses=(RouteResponse(description="One row per permit line, from its usage", media=(CSV_FILE,)),),
        problems=("reports-busy", "report-too-slow", "not-found"),
        example=examples.READ_ANNUAL_REPORT,
    ),
    Route(
        method="GET",
        path=PATH + "/mirror",
        operation_id="read_mirror_report",
        cost=REPORT_COST,
        tag=REPORTS,
        summary="Compare with the other country",
        description=(
            "An authority compares both sides of the year, as CSV in the units of the annual report. A row has the "
            "endorsed quantity at export, the released quantity at import, and the difference. Goods that leave in "
            "December may arrive in January."
        ),
        permission=AUTHORITY,
        handler=stream_reply,
        service="permits",
        query=(YEAR, COUNTRY),
        responses=(
            RouteResponse(description="One row per permit line that left or entered the country", media=(CSV_FILE,)),
        ),
        problems=("reports-busy", "report-too-slow", "not-found"),
        example=examples.READ_MIRROR_REPORT,
    ),
)
