"""Reports of a country's year, row by row as CSV: the annual report (Article VIII.7), and what the other side said."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.domain.units import convert
from services.permits.store import reports
from services.permits.store.from_row import Row
from shared.cites.units import REPORT_UNITS
from shared.contracts.quantities import EXACT, plain

EXPORTER = (
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
IMPORTER = (*EXPORTER[:7], "ImportPermit", *EXPORTER[7:])
APPENDIX = {"I": "1", "II": "2", "III": "3"}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


MIRROR = (
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
QUANTITIES = frozenset({"Quantity", "ExporterQuantity", "ImporterQuantity", "Difference"})
PERMITS = {"import": "ImportPermit", "introduction_from_the_sea": "IFSPermit"}
"""Column of a permit's number by its kind; every other kind stands where an export permit stands."""
Read = Callable[[AsyncConnection, int, str], AsyncIterator[Sequence[Row]]]
Write = Callable[[Row, int], dict[str, str]]


def annual(engine: AsyncEngine, year: int, side: str, country: str) -> AsyncGenerator[str]:
    """Stream the report: one row a permit line, from what was really used in the year."""
    if side == "export":
        return _lines(engine, EXPORTER, reports.left, _exported, year, country)
    return _lines(engine, IMPORTER, reports.arrived, _imported, year, country)


def mirror(engine: AsyncEngine, year: int, country: str) -> AsyncGenerator[str]:
    """Stream what the other side said: of each permit line what left in the year beside what arrived in it."""
    return _lines(engine, MIRROR, reports.both_sides, _mirrored, year, country)


async def _lines(
    engine: AsyncEngine, names: tuple[str, ...], read: Read, write: Write, year: int, country: str
) -> AsyncGenerator[str]:
    head = _csv([names])
    async with engine.connect() as conn:
        async for rows in read(conn, year, country):
            told = (write(row, year) for row in rows)
            yield head + _csv([[_safe(name, one[name]) for name in names] for one in told])
            head = ""
    if head:
        yield head


def _exported(row: Row, year: int) -> dict[str, str]:
    number = {PERMITS.get(row["kind"], "ExportPermit"): row["number"]}
    return {**_used(row, year), "TradingPartner": row["import_country"], **number}


def _imported(row: Row, year: int) -> dict[str, str]:
    number = {PERMITS.get(row["kind"], "ExportPermit"): row["number"]}
    beside = {"ImportPermit": row["import_permits"] or ""}
    return {**_used(row, year), "TradingPartner": row["export_country"], **beside, **number}


def _used(row: Row, year: int) -> dict[str, str]:
    origin = row["origin_country"] or row["export_country"]
    return {
        **_goods(row, year),
        "Quantity": _in_report_unit(row, row["quantity"]),
        "CountryOfOrigin": "" if origin == row["export_country"] else origin,
        "ExportPermit": "",
        "IFSPermit": "",
        "OriginPermit": row["origin_permit"] or "",
    }


def _mirrored(row: Row, year: int) -> dict[str, str]:
    return {
        **_goods(row, year),
        "Issuer": row["issuer"],
        "Permit": row["number"],
        "Line": row["line"],
        "ExportCountry": row["export_country"],
        "ImportCountry": row["import_country"],
        "ExporterQuantity": _in_report_unit(row, row["left"]),
        "ImporterQuantity": _in_report_unit(row, row["arrived"]),
        "Difference": _in_report_unit(row, EXACT.subtract(row["left"], row["arrived"])),
    }


def _goods(row: Row, year: int) -> dict[str, str]:
    return {
        "Appendix": APPENDIX[row["appendix"]],
        "SpeciesName": row["taxon"],
        "TermCode": row["term"],
        "UnitCode": REPORT_UNITS[row["unit"]][1],
        "PurposeCode": row["purpose"],
        "SourceCode": row["source"],
        "Year": str(year),
    }


def _in_report_unit(row: Row, quantity: Decimal) -> str:
    return plain(convert(quantity, row["unit"], REPORT_UNITS[row["unit"]][0]))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _safe(name: str, value: str) -> str:
    """Keep a spreadsheet from reading a text as a formula; a quantity is a number and stays one."""
    return "'" + value if value.startswith(FORMULA) and name not in QUANTITIES else value
