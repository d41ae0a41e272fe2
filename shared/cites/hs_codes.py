"""HS codes: which headings of the Harmonized System may contain specimens of listed species, and why.

`hs-codes.csv` has the table of a new hub, after the Harmonized System of 2022 (WCO, in force since 1 January 2022). A
country may have rows of its own, which the administrator loads. A code that no row names has no listed species.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

HS_EDITION = "HS 2022"
HS_EDITION_SINCE = date(2022, 1, 1)
"""The edition of the Harmonized System that the built-in table follows, and its first day."""
CHAPTER_DIGITS, HEADING_DIGITS = 2, 4


class HsConcern(StrEnum):
    """Whether goods of an HS code may be specimens of listed species, and which statement of the trader is enough."""

    NONE = "none"
    POSSIBLE = "possible"
    """Some goods of the code are of listed species. Code Y900 is a sufficient statement that these are not."""
    LIKELY = "likely"
    """Most goods of the code are of listed species or look the same. The trader states the taxon in any case."""


@dataclass(frozen=True, kw_only=True)
class HsRow:
    """One row: all goods whose HS code begins with `code`. An empty country means all; `until` is exclusive."""

    code: str
    concern: HsConcern
    reason: str
    since: date
    until: date = date.max
    country: str = ""
    edition: str = ""
    """The edition of the Harmonized System that a built-in row follows."""

    def is_in_force_on(self, day: date) -> bool:
        """Return whether the row is in force on a day."""
        return self.since <= day < self.until


@dataclass(frozen=True, kw_only=True)
class HsTable:
    """Rows by their codes, and the rows of concern by the shorter codes with which they begin."""

    rows: Mapping[str, tuple[HsRow, ...]] = field(default_factory=dict)
    parts: Mapping[str, tuple[HsRow, ...]] = field(default_factory=dict)

    def find(self, code: str, day: date) -> HsRow | None:
        """Return the row that decides about a code on a day, or None: that of the longest code with which it begins.

        A code of few digits includes the goods of all longer codes. So a row of concern about a part of it decides
        before a row that excludes it, and before none.
        """
        row = next(
            (
                row
                for digits in range(len(code), CHAPTER_DIGITS - 1, -1)
                for row in self.rows.get(code[:digits], ())
                if row.is_in_force_on(day)
            ),
            None,
        )
        if row is not None and row.concern is not HsConcern.NONE:
            return row
        return next((part for part in self.parts.get(code, ()) if part.is_in_force_on(day)), row)


NO_ROWS = HsTable()


def build_hs_table(rows: Iterable[HsRow]) -> HsTable:
    """Return the table of some rows."""
    by_code: dict[str, tuple[HsRow, ...]] = {}
    parts: dict[str, tuple[HsRow, ...]] = {}
    for row in rows:
        by_code[row.code] = (*by_code.get(row.code, ()), row)
        if row.concern is not HsConcern.NONE:
            for digits in range(HEADING_DIGITS, len(row.code)):
                parts[row.code[:digits]] = (*parts.get(row.code[:digits], ()), row)
    return HsTable(rows=by_code, parts=parts)


@cache
def list_built_in_rows() -> tuple[HsRow, ...]:
    """Return the rows of the built-in table by code, read once for each process."""
    text = (files("shared.cites") / "hs-codes.csv").read_text(encoding="utf-8")
    return tuple(
        HsRow(
            code=cells["hs_code"],
            concern=HsConcern(cells["concern"]),
            reason=cells["reason"],
            since=HS_EDITION_SINCE,
            edition=HS_EDITION,
        )
        for cells in csv.DictReader(text.splitlines())
    )


@cache
def built_in_hs_table() -> HsTable:
    """Return the built-in table, built once for each process."""
    return build_hs_table(list_built_in_rows())
