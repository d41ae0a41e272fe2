"""The annual report of a country, exporter's or importer's side, row by row as CSV (Article VIII.7)."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.units import convert
from services.permits.store import ledger
from shared.cites.units import REPORT_UNITS
from shared.contracts.words import plain

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
FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def annual(engine: AsyncEngine, year: int, side: str, country: str) -> AsyncIterator[str]:
    """Stream the report: one row a permit line, from what was really used in the year."""
    names = EXPORTER if side == "export" else IMPORTER
    yield _line(names)
    async with engine.connect() as conn:
        async for row in ledger.used_in(conn, year, side, country):
            told = _row(row, side, year)
            yield _line([told[name] for name in names])


def _row(row: Mapping[Any, Any], side: str, year: int) -> dict[str, str]:
    unit, code = REPORT_UNITS[row["unit"]]
    origin = row["origin_country"] or row["export_country"]
    number = {"import": "ImportPermit", "introduction_from_the_sea": "IFSPermit"}.get(row["kind"], "ExportPermit")
    permits = {"ImportPermit": "", "ExportPermit": "", "IFSPermit": "", number: row["number"]}
    return {
        **permits,
        "Appendix": APPENDIX[row["appendix"]],
        "SpeciesName": row["taxon"],
        "TermCode": row["term"],
        "Quantity": plain(convert(row["quantity"], row["unit"], unit)),
        "UnitCode": code,
        "TradingPartner": row["import_country"] if side == "export" else row["export_country"],
        "CountryOfOrigin": "" if origin == row["export_country"] else origin,
        "OriginPermit": row["origin_permit"] or "",
        "PurposeCode": row["purpose"],
        "SourceCode": row["source"],
        "Year": str(year),
    }


def _line(values: tuple[str, ...] | list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_safe(value) for value in values])
    return out.getvalue()


def _safe(value: str) -> str:
    """Keep a spreadsheet from reading a value as a formula."""
    return "'" + value if value.startswith(FORMULA) else value
