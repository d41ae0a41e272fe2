"""Parse a list of HS codes: the goods that may be of listed species, in a country or in all countries."""

import re

from services.permits.domain.reference.entries import HsCode
from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from services.permits.formats import cells
from services.permits.formats.conventions import Conventions
from services.permits.formats.csv_reader import RawRow
from services.permits.formats.row_repair import ColumnTests, align_row
from shared.cites.hs_codes import HsConcern
from shared.contracts.limits import TEXT_LENGTH

REQUIRED_COLUMNS = ("country", "hs_code", "concern", "reason")
_CODE = re.compile(r"[0-9]{2,10}")
_SEPARATORS = re.compile(r"(?<=[0-9])[. ](?=[0-9])")
CONCERNS = frozenset(one.value for one in HsConcern)
COLUMN_TESTS: ColumnTests = {
    "hs_code": lambda text: text[:1].isdigit(),
    "concern": lambda text: text.strip().casefold() in CONCERNS,
}


def parse_hs_code(raw: RawRow, header: list[str], _conventions: Conventions) -> HsCode:
    """Return the row of an HS code. Raise RowRejected if a value is not certain."""
    row = align_row(raw, header, COLUMN_TESTS, ("reason",), REQUIRED_COLUMNS)
    country, code, concern, reason = (cells.clean(row[name], raw.repairs, name) for name in REQUIRED_COLUMNS)
    return HsCode(
        country=cells.parse_country_or_all(country, raw.repairs, "country"),
        code=_parse_code(code, raw.repairs),
        concern=_parse_concern(concern),
        reason=_parse_reason(reason),
    )


def _parse_code(text: str, repairs: RowRepairs) -> str:
    code = _SEPARATORS.sub("", text)
    if not _CODE.fullmatch(code):
        detail = f"{text[:40]!r} is no HS code. Write a chapter, a heading or a longer code: 2 to 10 digits."
        raise RowRejected("no-hs-code", detail, "hs_code")
    if code != text:
        repairs.add("hs-code-written-otherwise", f"The hub read {text!r} as {code}.", "hs_code")
    return code


def _parse_concern(text: str) -> HsConcern:
    if text.casefold() not in CONCERNS:
        detail = f"{text[:40]!r} is none of {', '.join(sorted(CONCERNS))}."
        raise RowRejected("unknown-concern", detail, "concern")
    return HsConcern(text.casefold())


def _parse_reason(text: str) -> str:
    if not text or len(text) > TEXT_LENGTH:
        detail = f"Write the reason in 1 to {TEXT_LENGTH} characters. Traders and officers read it."
        raise RowRejected("no-reason", detail, "reason")
    return text
