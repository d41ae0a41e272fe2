"""Reports of a country's year as a CSV stream: the annual report (Article VIII.7) and the mirror report."""

import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from decimal import Decimal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.domain.units import convert
from services.permits.store import reports
from services.permits.store.from_row import Row
from shared.cites.units import REPORT_UNITS
from shared.contracts.closed_sets import Appendix, Side
from shared.contracts.quantities import EXACT, format_quantity
from shared.database import sqlstate
from shared.limits import Limit, LimitSubject
from shared.problems import Unavailable

EXPORT_COLUMNS = (
    "Appendix",
    "SpeciesName",
    "TermCode",
    "Quantity",
    "UnitCode",
    "TradingPartner",
    "CountryOfOrigin",
    "ExportPermit",
    "OriginPermit",
    "IFSPermit",
    "PurposeCode",
    "SourceCode",
    "Year",
)
IMPORT_COLUMNS = (*EXPORT_COLUMNS[:7], "ImportPermit", *EXPORT_COLUMNS[7:])
APPENDIX_NUMBERS = {Appendix.I: "1", Appendix.II: "2", Appendix.III: "3"}
MAX_CONCURRENT_REPORTS = Limit(
    3,
    "reports",
    subject=LimitSubject.LISTS,
    meaning="Annual reports at once",
    beyond="503 `reports-busy`",
)
"""Reports streamed at the same time. Each uses a database connection for as long as its client reads."""
MAX_REPORT_SECONDS = Limit(
    300,
    "seconds",
    subject=LimitSubject.LISTS,
    meaning="Time from the first line of an annual report to its last",
    beyond="The connection is closed.",
)
CANCELLED_STATE = "57014"
"""SQLSTATE of a statement that PostgreSQL cancelled: it took too long."""
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


MIRROR_COLUMNS = (
    "Issuer",
    "Permit",
    "Line",
    "Appendix",
    "SpeciesName",
    "TermCode",
    "UnitCode",
    "ExportCountry",
    "ImportCountry",
    "ExporterQuantity",
    "ImporterQuantity",
    "Difference",
    "PurposeCode",
    "SourceCode",
    "Year",
)
PERMIT_COLUMN_BY_KIND = {"import": "ImportPermit", "introduction_from_the_sea": "IFSPermit"}
"""Column of a permit's number by its kind. Every other kind uses the column ExportPermit."""
ReadRows = Callable[[AsyncConnection, int, str], AsyncIterator[Sequence[Row]]]
RenderRow = Callable[[Row, int], dict[str, str]]


class ReportSlots:
    """The free slots for reports that are streamed at the same time: one for each country, a few in total."""

    def __init__(self) -> None:
        self._countries: set[str] = set()

    def acquire(self, country: str) -> None:
        """Reserve the slot of a country. Raise Unavailable if its officers read a report, or if no slot is free."""
        if country in self._countries:
            raise _busy(f"Another officer of {country} reads a report now, and a country reads one at a time.")
        if len(self._countries) >= MAX_CONCURRENT_REPORTS:
            raise _busy(f"The hub writes {MAX_CONCURRENT_REPORTS} reports now, the most at the same time.")
        self._countries.add(country)

    def release(self, country: str) -> None:
        """Return the slot of a country."""
        self._countries.remove(country)


def _busy(cause: str) -> Unavailable:
    return Unavailable("reports-busy", f"{cause} Repeat the request in 10 s.", retry_after=10)


def annual_report(engine: AsyncEngine, year: int, side: Side, country: str) -> AsyncGenerator[str]:
    """Yield the annual report as CSV: one row per permit line, with the quantities used in the year."""
    if side is Side.EXPORT:
        return _stream_lines(engine, EXPORT_COLUMNS, reports.stream_exports, _export_row, year, country)
    return _stream_lines(engine, IMPORT_COLUMNS, reports.stream_imports, _import_row, year, country)


def mirror_report(engine: AsyncEngine, year: int, country: str) -> AsyncGenerator[str]:
    """Yield the mirror report as CSV: per permit line, the quantities that left and that arrived in the year."""
    return _stream_lines(engine, MIRROR_COLUMNS, reports.stream_both_sides, _mirror_row, year, country)


async def _stream_lines(
    engine: AsyncEngine, columns: tuple[str, ...], read_rows: ReadRows, render_row: RenderRow, year: int, country: str
) -> AsyncGenerator[str]:
    """Yield the lines in batches. Raise Unavailable if PostgreSQL does not read a batch in time."""
    header = _render_csv([columns])
    try:
        async with engine.connect() as conn:
            async for rows in read_rows(conn, year, country):
                rendered = (render_row(row, year) for row in rows)
                lines = [[_escape_formula(cells[name]) for name in columns] for cells in rendered]
                yield header + _render_csv(lines)
                header = ""
    except DBAPIError as error:
        if sqlstate(error) == CANCELLED_STATE:
            raise _too_slow() from None
        raise
    if header:
        yield header


def _too_slow() -> Unavailable:
    detail = (
        f"The database did not read the report within {reports.SECONDS_PER_BATCH} s. Repeat the request in 60 s. "
        "If it fails again, tell the operator of the hub."
    )
    return Unavailable("report-too-slow", detail, retry_after=60)


def _export_row(row: Row, year: int) -> dict[str, str]:
    number = {PERMIT_COLUMN_BY_KIND.get(row["kind"], "ExportPermit"): row["number"]}
    return {**_usage_columns(row, year), "TradingPartner": row["import_country"], **number}


def _import_row(row: Row, year: int) -> dict[str, str]:
    number = {PERMIT_COLUMN_BY_KIND.get(row["kind"], "ExportPermit"): row["number"]}
    import_permit = {"ImportPermit": row["import_permits"] or ""}
    return {**_usage_columns(row, year), "TradingPartner": row["export_country"], **import_permit, **number}


def _usage_columns(row: Row, year: int) -> dict[str, str]:
    origin = row["origin_country"] or row["export_country"]
    return {
        **_goods_columns(row, year),
        "Quantity": _in_report_unit(row, row["quantity"]),
        "CountryOfOrigin": "" if origin == row["export_country"] else origin,
        "ExportPermit": "",
        "IFSPermit": "",
        "OriginPermit": row["origin_permit"] or "",
    }


def _mirror_row(row: Row, year: int) -> dict[str, str]:
    return {
        **_goods_columns(row, year),
        "Issuer": row["issuer"],
        "Permit": row["number"],
        "Line": row["line"],
        "ExportCountry": row["export_country"],
        "ImportCountry": row["import_country"],
        "ExporterQuantity": _in_report_unit(row, row["left"]),
        "ImporterQuantity": _in_report_unit(row, row["arrived"]),
        "Difference": _in_report_unit(row, EXACT.subtract(row["left"], row["arrived"])),
    }


def _goods_columns(row: Row, year: int) -> dict[str, str]:
    return {
        "Appendix": APPENDIX_NUMBERS[row["appendix"]],
        "SpeciesName": row["taxon"],
        "TermCode": row["term"],
        "UnitCode": REPORT_UNITS[row["unit"]][1],
        "PurposeCode": row["purpose"],
        "SourceCode": row["source"],
        "Year": str(year),
    }


def _in_report_unit(row: Row, quantity: Decimal) -> str:
    return format_quantity(convert(quantity, row["unit"], REPORT_UNITS[row["unit"]][0]))


def _render_csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _escape_formula(value: str) -> str:
    """Return a cell that a spreadsheet does not run as a formula. A number keeps its value, also if it is negative."""
    return "'" + value if value.startswith(FORMULA_PREFIXES) and not PLAIN_NUMBER.fullmatch(value) else value
