"""The routes of reports, which permits streams, as one list."""

from services.gateway.api.proxy.proxy import ProxiedRoute

PATH = "/v1/reports"

REPORT_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "GET",
        PATH + "/annual",
        "read_annual_report",
        "permits",
        "The annual report",
        "One row a permit line, from what was used",
        "Of one's own country, streamed as CSV with the columns of the guidelines: the exporter's quantities are what "
        "was endorsed in the year, the importer's what was released. What arrived under an import and an export "
        "permit is one row that names both.",
        response_media_type="text/csv",
        query=("year", "side", "country"),
        problem_codes=("reports-busy", "not-found"),
    ),
    ProxiedRoute(
        "GET",
        PATH + "/mirror",
        "read_mirror_report",
        "permits",
        "What the other side said",
        "One row a permit line that left or entered the country",
        "Streamed as CSV: what was endorsed at export in the year beside what was released at import, and the "
        "difference, in the unit of the annual report. What leaves in December arrives in January.",
        response_media_type="text/csv",
        query=("year", "country"),
        problem_codes=("reports-busy", "not-found"),
    ),
)
