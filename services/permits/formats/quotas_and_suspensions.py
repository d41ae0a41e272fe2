"""Parse public lists of suspensions and of quotas. The files have faults: only certain values are loaded."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import partial

from services.permits.domain.reference import authors, names
from services.permits.domain.reference.entries import Quota, Suspension
from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from services.permits.formats import cells
from services.permits.formats.conventions import Conventions
from services.permits.formats.csv_reader import RawRow
from services.permits.formats.row_repair import ColumnTests, align_row
from shared.cites.codes import PURPOSES, SOURCES, TERM_CODES
from shared.contracts.closed_sets import CodesReading, QuotaPeriod

SUSPENSION_REQUIRED_COLUMNS = ("start_date", "taxon_name", "iso_code2")
QUOTA_REQUIRED_COLUMNS = ("start_date", "taxon_name", "iso_code2", "quota")
DAY_COLUMNS = ("start_date", "end_date")
PUBLIC_SUSPENSION_COLUMNS = frozenset({
    "start_date", "end_date", "taxon_name", "taxon_concept_id", "rank", "iso_code2", "unit", "term", "source",
    "purpose", "applies_to_import", "notes", "internal_notes",
})  # fmt: skip
"""The columns of the public file of suspensions. Its codes are exemptions: `TRO` means all trade except trophies."""
ALL_TAXA = frozenset({"", "all", "all species", "all taxa", "all cites species", "all cites-listed species"})

HIGHER_RANKS = frozenset({"GENUS", "SUBFAMILY", "FAMILY", "ORDER", "CLASS", "PHYLUM", "KINGDOM"})
"""Ranks with names of one word. A second word is the author, and the row is about all taxa below the first."""


def _parse_word_table(table: str) -> dict[str, str]:
    """Parse a table of the form `CODE word, word; …` into code by word."""
    entries = (entry.strip().split(" ", 1) for entry in table.split(";") if entry.strip())
    return {word.strip(): code for code, words in entries for word in words.split(",")}


TERM_WORDS = _parse_word_table("""
    LIV live, live specimen, live animal, live plant; SKI skin; SKP skin piece; MEA meat; TUS tusk, ivory;
    IVC ivory carving; CAR carving; TRO trophie, trophy, hunting trophie, hunting trophy; EGG egg; CAV caviar;
    FEA feather; COR raw coral, coral; LOG log; SAW sawn wood; TIM timber; VEN veneer; PLY plywood; BAR bark; ROO root;
    LVS leave, leaf; EXT extract; OIL oil; DER derivative; SCA scale; FIN fin; HOR horn; TEE teeth, tooth; CLA claw;
    SKU skull; BOD body, bodie; BON bone; GAR garment; SHE shell; SPE specimen; SEE seed; STE stem; FLO flower;
    FIG fingerling; MUS musk; GAL gall; HAI hair, wool; CLO cloth; POW powder; WAX wax; SWI swim bladder; RUG rug;
    PLA plate
""")
"""Codes of terms by their words in public lists, in the singular."""
UNIT_WORDS = {"": "number"} | _parse_word_table("""
    number number, no, no., specimen, piece, individual, animal, plant, skin, trophie; kg kg, kil, kilogram;
    g g, grm, gram; mg mg; t t, tonne; m3 m3, m³, cum, cubic metre; m2 m2; l l, ltr, litre;
    ml ml; m m, metre; cm cm; pair pair
""")
"""Units of the hub by their words in public lists, in the singular."""
ANY_UNIT = "all"
"""The unit of the public lists. A quota in it counts specimens."""
_TOTAL = re.compile(r"(?i)\b(?:total|altogether|cumulative|(?:whole|entire|full) period|all years together)\b")
_ANNUAL = re.compile(r"(?i)\b(?:annual(?:ly)?|yearly|per annum|(?:per|each|every|a) (?:calendar )?year)\b")
_NOT_ANNUAL = re.compile(r"(?i)\b(?:not|non)[- ](?:annual|yearly|per (?:year|annum))\b")
"""Remarks about a quota over several years. Without them it is annual."""
TRUE_WORDS, FALSE_WORDS = frozenset({"t", "true", "yes", "y", "1"}), frozenset({"", "f", "false", "no", "n", "0"})
_TERM_CODES = {**TERM_WORDS, **{code.casefold(): code for code in TERM_CODES}}
_SOURCE_CODES = {
    **{code.casefold(): code for code in SOURCES},
    "wild": "W", "ranched": "R", "captive bred": "C", "captive born": "F", "artificially propagated": "A",
}  # fmt: skip
_PURPOSE_CODES = {code.casefold(): code for code in PURPOSES} | {"commercial": "T", "hunting": "H", "personal": "P"}


def _are_codes(codes_by_word: Mapping[str, str], text: str) -> bool:
    try:
        cells.parse_codes(text, codes_by_word, RowRepairs(0), "")
    except RowRejected:
        return False
    return True


def _is_unit(text: str) -> bool:
    return cells.to_singular(text) in UNIT_WORDS or text.casefold() == ANY_UNIT


COLUMN_TESTS: ColumnTests = {
    "start_date": lambda text: bool(re.search(r"\d{4}", text)),
    "end_date": lambda text: bool(re.search(r"\d{4}", text)) or text.casefold() in cells.NO_END_WORDS,
    "taxon_concept_id": lambda text: text.strip("\" '").isdigit() or text.casefold() in ALL_TAXA,
    "rank": lambda text: text.strip("\" '").isalpha(),
    "iso_code2": lambda text: (
        bool(re.fullmatch(r"[A-Za-z]{2}", text.strip("\" '"))) or text.casefold() in cells.ALL_COUNTRIES
    ),
    "quota": lambda text: bool(re.search(r"\d", text)),
    "unit": _is_unit,
    "term": partial(_are_codes, _TERM_CODES),
    "source": partial(_are_codes, _SOURCE_CODES),
    "purpose": partial(_are_codes, _PURPOSE_CODES),
    "applies_to_import": lambda text: text.casefold() in TRUE_WORDS | FALSE_WORDS,
}
TEXT_COLUMNS = ("notes", "internal_notes", "source", "term", "purpose", "quota", "taxon_name")
KEY_COLUMNS = (
    "start_date", "end_date", "taxon_name", "iso_code2", "quota", "unit", "term", "source", "purpose",
    "applies_to_import",
)  # fmt: skip


class CleanRow:
    """One row. Each cell is cleaned when it is read."""

    def __init__(self, raw: RawRow, header: list[str], conventions: Conventions) -> None:
        if sum(bool(value.strip()) for value in raw.values) <= 1:
            raise RowRejected("footnote", "The line contains only one text: a footnote or a heading.")
        self._row = align_row(raw, header, COLUMN_TESTS, TEXT_COLUMNS, KEY_COLUMNS)
        self.repairs = raw.repairs
        self._day_orders = conventions.day_orders

    def __getitem__(self, name: str) -> str:
        """Return a cleaned cell. It is empty if the column does not exist."""
        value = self._row.get(name, "")
        return cells.clean(value, self.repairs, name) if value else ""

    def day(self, name: str, *, is_end: bool = False) -> date | None:
        """Return a day, or None. Raise RowRejected."""
        order = self._day_orders.get(name)
        return cells.parse_day(self[name], self.repairs, name, is_end=is_end, order=order)

    def codes(self, name: str, codes_by_word: Mapping[str, str]) -> tuple[str, ...]:
        """Return the codes of a cell, sorted. Raise RowRejected."""
        return tuple(sorted(cells.parse_codes(self[name], codes_by_word, self.repairs, name)))

    def country(self) -> str:
        """Return the country's code, or an empty text for all countries. Raise RowRejected."""
        return cells.parse_country_or_all(self["iso_code2"], self.repairs, "iso_code2")

    def is_true(self, name: str) -> bool:
        """Return whether a cell means yes. Raise RowRejected if it means neither yes nor no."""
        text = self[name].casefold()
        if text not in TRUE_WORDS | FALSE_WORDS:
            raise RowRejected("no-yes-or-no", f"{text!r} is not yes or no.", name)
        return text in TRUE_WORDS


def suspension_codes_reading(header: Collection[str]) -> CodesReading:
    """Return the meaning of the codes in a file: exempt, if it has all columns of the public file."""
    return CodesReading.EXEMPT if set(header) >= PUBLIC_SUSPENSION_COLUMNS else CodesReading.COVERED


def parse_suspension(raw: RawRow, header: list[str], conventions: Conventions) -> Suspension:
    """Return the suspension of a row. Raise RowRejected if a value is not certain."""
    row = CleanRow(raw, header, conventions)
    starts, ends = row.day("start_date"), row.day("end_date", is_end=True)
    _require_order(starts, ends)
    terms, sources = row.codes("term", _TERM_CODES), row.codes("source", _SOURCE_CODES)
    purposes = row.codes("purpose", _PURPOSE_CODES)
    return Suspension(
        country=row.country(),
        taxon=_parse_taxon(row, allow_all_taxa=True),
        terms=terms,
        sources=sources,
        purposes=purposes,
        # A row without codes has one meaning: it exempts nothing, so it covers everything.
        codes_reading=conventions.codes if terms or sources or purposes else CodesReading.COVERED,
        applies_to_import=row.is_true("applies_to_import"),
        starts=starts,
        ends=ends,
        note=row["notes"][:2000],
    )


def parse_quota(raw: RawRow, header: list[str], conventions: Conventions) -> Quota:
    """Return the quota of a row. Raise RowRejected if a value is not certain."""
    row = CleanRow(raw, header, conventions)
    starts, ends = row.day("start_date"), row.day("end_date", is_end=True)
    if starts is None:
        raise RowRejected("no-day", "The first day of the quota is missing.", "start_date")
    _require_order(starts, ends)
    amount, unit = cells.parse_amount(row["quota"], row.repairs, "quota"), _parse_unit(row)
    country = row.country()
    if not country and amount:
        detail = f"{row['quota']!r} is the quantity of all countries together. Write one row per country."
        raise RowRejected("amount-of-all-countries", detail, "quota")
    return Quota(
        country=country,
        taxon=_parse_taxon(row, allow_all_taxa=False),
        terms=row.codes("term", _TERM_CODES),
        sources=row.codes("source", _SOURCE_CODES),
        purposes=row.codes("purpose", _PURPOSE_CODES),
        unit=unit,
        amount=amount,
        starts=starts,
        ends=ends,
        period=_quota_period(starts, ends, f"{row['quota_type']} {row['notes']}"),
        note=row["notes"][:2000],
    )


def _parse_unit(row: CleanRow) -> str:
    """Return the unit of a quota. Without one, and with the unit of the public file, it counts specimens."""
    text = row["unit"]
    if text.casefold() == ANY_UNIT:
        row.repairs.add("unit-written-otherwise", f"The hub read the unit {text!r} as number.", "unit")
        return "number"
    unit = UNIT_WORDS.get(cells.to_singular(text))
    if unit is None:
        expected = ", ".join(dict.fromkeys(UNIT_WORDS.values()))
        detail = f"Expected one of: {expected}, or an empty cell for number. Found: {text[:20]!r}."
        raise RowRejected("unknown-unit", detail, "unit")
    return unit


def _quota_period(starts: date, ends: date | None, remarks: str) -> QuotaPeriod:
    """Return the period of a quota: every year if it has no end, or if it is longer than a year.

    A longer quota applies once if its remarks say that its quantity is a total (Conf. 14.7: quotas are annual).
    """
    if ends is None:
        return QuotaPeriod.EVERY_YEAR
    is_longer = (ends.year, ends.month, ends.day) >= (starts.year + 1, starts.month, starts.day)
    is_total = bool(_NOT_ANNUAL.search(remarks) or (_TOTAL.search(remarks) and not _ANNUAL.search(remarks)))
    return QuotaPeriod.EVERY_YEAR if is_longer and not is_total else QuotaPeriod.ONCE


def _require_order(starts: date | None, ends: date | None) -> None:
    if starts is not None and ends is not None and ends < starts:
        raise RowRejected("ends-before-start", f"The last day {ends} is before the first day {starts}.", "end_date")


def _parse_taxon(row: CleanRow, *, allow_all_taxa: bool) -> str:
    text = cells.remove_footnote(row["taxon_name"], row.repairs, "taxon_name")
    if allow_all_taxa and text.casefold() in ALL_TAXA:
        if not text:
            row.repairs.add(
                "all-taxa", "The taxon is missing. The hub loaded the suspension for all species.", "taxon_name"
            )
        return ""
    if not names.key(text) or len(text) > 200:
        raise RowRejected("no-name", f"{text[:80]!r} is not a scientific name.", "taxon_name")
    if row["rank"].upper() in HIGHER_RANKS and not names.is_group(text):
        first, *rest = text.split()
        if not (authors.is_certain_author(rest) or rest[0].lstrip("([")[:1].isupper()):
            detail = f"{text!r} is not the name of a {row['rank'].lower()}. Correct the name or the rank."
            raise RowRejected("name-or-rank", detail, "taxon_name")
        row.repairs.add(
            "author-left-out",
            f"{text!r} is a {row['rank'].lower()}. The hub took the first word as the name, the rest as the author.",
            "taxon_name",
        )
        return first
    return text
