"""Lists of suspensions and of quotas as they are downloaded: dirty files, of which what is certain is taken."""

import re
from collections.abc import Mapping
from datetime import date
from functools import partial

from services.permits.domain.reference import authors, names
from services.permits.domain.reference.entries import Quota, Suspension
from services.permits.domain.reference.load_report import Refused, Repairs
from services.permits.formats import cells
from services.permits.formats.csv_reader import Raw
from services.permits.formats.row_repair import LONGEST, Fits, aligned
from shared.cites.codes import PURPOSES, SOURCES, TERMS

SUSPENSION_NEEDS = ("start_date", "taxon_name", "iso_code2")
QUOTA_NEEDS = ("start_date", "taxon_name", "iso_code2", "quota")
ALL_TAXA = frozenset({"", "all", "all species", "all taxa", "all cites species", "all cites-listed species"})

HIGHER = frozenset({"GENUS", "SUBFAMILY", "FAMILY", "ORDER", "CLASS", "PHYLUM", "KINGDOM"})
"""Ranks of one word: a second is who named it, and the row is about all below it."""


def _words(table: str) -> dict[str, str]:
    """Read a table of `CODE word, word; …`."""
    entries = (entry.strip().split(" ", 1) for entry in table.split(";") if entry.strip())
    return {word.strip(): code for code, words in entries for word in words.split(",")}


WORDS = _words("""
    LIV live, live specimen, live animal, live plant; SKI skin; SKP skin piece; MEA meat; TUS tusk, ivory;
    IVC ivory carving; CAR carving; TRO trophie, trophy, hunting trophie, hunting trophy; EGG egg; CAV caviar;
    FEA feather; COR raw coral, coral; LOG log; SAW sawn wood; TIM timber; VEN veneer; PLY plywood; BAR bark; ROO root;
    LVS leave, leaf; EXT extract; OIL oil; DER derivative; SCA scale; FIN fin; HOR horn; TEE teeth, tooth; CLA claw;
    SKU skull; BOD body, bodie; BON bone; GAR garment; SHE shell; SPE specimen; SEE seed; STE stem; FLO flower;
    FIG fingerling; MUS musk; GAL gall; HAI hair, wool; CLO cloth; POW powder; WAX wax; SWI swim bladder; RUG rug;
    PLA plate
""")
"""Terms as public lists write them, in the singular, with their codes."""
UNITS = {"": "number"} | _words("""
    number number, no, no., specimen, piece, individual, animal, plant, skin, trophie; kg kg, kil, kilogram;
    g g, grm, gram; mg mg; t t, tonne; m3 m3, m³, cum, cubic metre; m2 m2; l l, ltr, litre;
    ml ml; m m, metre; cm cm; pair pair
""")
"""Units as public lists write them, in the singular, with ours."""
TRUE, FALSE = frozenset({"t", "true", "yes", "y", "1"}), frozenset({"", "f", "false", "no", "n", "0"})
_TERMS = {**WORDS, **{code.casefold(): code for code in TERMS}}
_SOURCES = {
    **{code.casefold(): code for code in SOURCES},
    "wild": "W", "ranched": "R", "captive bred": "C", "captive born": "F", "artificially propagated": "A",
}  # fmt: skip
_PURPOSES = {code.casefold(): code for code in PURPOSES} | {"commercial": "T", "hunting": "H", "personal": "P"}


def _codes_fit(known: Mapping[str, str], text: str) -> bool:
    try:
        cells.codes(text, known, Repairs(0), "")
    except Refused:
        return False
    return True


def _unit_fits(text: str) -> bool:
    return cells.singular(text) in UNITS


FITS: Fits = {
    "start_date": lambda text: bool(re.search(r"\d{4}", text)),
    "end_date": lambda text: bool(re.search(r"\d{4}", text)) or text.casefold() in {"-", "n/a", "none", "ongoing"},
    "taxon_concept_id": lambda text: text.strip("\" '").isdigit(),
    "rank": lambda text: text.strip("\" '").isalpha(),
    "iso_code2": lambda text: bool(re.fullmatch(r"[A-Za-z]{2}", text.strip("\" '"))),
    "quota": lambda text: bool(re.search(r"\d", text)),
    "unit": _unit_fits,
    "term": partial(_codes_fit, _TERMS),
    "source": partial(_codes_fit, _SOURCES),
    "purpose": partial(_codes_fit, _PURPOSES),
    "applies_to_import": lambda text: text.casefold() in TRUE | FALSE,
}
TEXTS = ("notes", "internal_notes", "source", "term", "purpose", "quota", "taxon_name")
MATTER = (
    "start_date", "end_date", "taxon_name", "iso_code2", "quota", "unit", "term", "source", "purpose",
    "applies_to_import",
)  # fmt: skip


class Row:
    """One row, its cells cleaned as they are asked for."""

    def __init__(self, raw: Raw, header: list[str]) -> None:
        if sum(bool(value.strip()) for value in raw.values) <= 1:
            raise Refused("footnote", "The line holds one text alone: a footnote, or a heading.")
        self._row = aligned(raw, header, FITS, TEXTS, MATTER)
        self.repairs = raw.repairs

    def __getitem__(self, name: str) -> str:
        """Answer a cell, clean; empty where there is no such column."""
        value = self._row.get(name, "")
        return cells.clean(value, self.repairs, name) if value else ""

    def day(self, name: str, *, ends: bool = False) -> date | None:
        """Read a day."""
        return cells.day(self[name], self.repairs, name, ends=ends)

    def codes(self, name: str, known: Mapping[str, str]) -> tuple[str, ...]:
        """Read codes, in their order."""
        return tuple(sorted(cells.codes(self[name], known, self.repairs, name)))

    def country(self) -> str:
        """Read the country."""
        return cells.country(self["iso_code2"], self.repairs, "iso_code2")

    def is_true(self, name: str) -> bool:
        """Read a yes or a no."""
        text = self[name].casefold()
        if text not in TRUE | FALSE:
            raise Refused("no-yes-or-no", f"{text!r} is neither yes nor no.", name)
        return text in TRUE


def suspension_of(raw: Raw, header: list[str]) -> Suspension:
    """Read a suspension; raises Refused where nothing certain can be made of the row."""
    row = Row(raw, header)
    starts, ends = row.day("start_date"), row.day("end_date", ends=True)
    _in_order(starts, ends)
    return Suspension(
        country=row.country(),
        taxon=_taxon(row, everything=True),
        terms=row.codes("term", _TERMS),
        sources=row.codes("source", _SOURCES),
        purposes=row.codes("purpose", _PURPOSES),
        applies_to_import=row.is_true("applies_to_import"),
        starts=starts,
        ends=ends,
        note=row["notes"][:2000],
    )


def quota_of(raw: Raw, header: list[str]) -> Quota:
    """Read a quota; raises Refused where nothing certain can be made of the row."""
    row = Row(raw, header)
    starts, ends = row.day("start_date"), row.day("end_date", ends=True)
    if starts is None:
        raise Refused("no-day", "A quota says from which day it holds.", "start_date")
    if ends is None:
        ends = date(starts.year, 12, 31)
        row.repairs.note("year-taken", f"No end is said: the quota is that of {starts.year}.", "end_date")
    _in_order(starts, ends)
    unit = UNITS.get(cells.singular(row["unit"]))
    if unit is None:
        raise Refused("unknown-unit", f"{row['unit']!r} is no unit.", "unit")
    return Quota(
        country=row.country(),
        taxon=_taxon(row, everything=False),
        terms=row.codes("term", _TERMS),
        sources=row.codes("source", _SOURCES),
        purposes=row.codes("purpose", _PURPOSES),
        unit=unit,
        amount=cells.amount(row["quota"], row.repairs, "quota"),
        starts=starts,
        ends=ends,
        note=row["notes"][:2000],
    )


def _in_order(starts: date | None, ends: date | None) -> None:
    if starts is not None and ends is not None and ends < starts:
        raise Refused("ends-before-start", f"It ends on {ends}, before it starts on {starts}.", "end_date")


def _taxon(row: Row, *, everything: bool) -> str:
    text = cells.without_footnote(row["taxon_name"], row.repairs, "taxon_name")
    if everything and text.casefold() in ALL_TAXA:
        if not text:
            row.repairs.note("all-taxa", "No taxon is named: the suspension is of all species.", "taxon_name")
        return ""
    if not names.key(text) or len(text) > 200:
        raise Refused("no-name", f"{text[:80]!r} is no scientific name.", "taxon_name")
    if row["rank"].upper() in HIGHER and not names.is_group(text):
        first, *rest = text.split()
        if not (authors.certain(rest) or rest[0].lstrip("([")[:1].isupper()):
            said = f"{text!r} is no {row['rank'].lower()}: which of the two is meant is not certain."
            raise Refused("name-or-rank", said, "taxon_name")
        row.repairs.note(
            "author-left-out",
            f"{text!r} is a {row['rank'].lower()}: what follows its first word is no part of its name.",
            "taxon_name",
        )
        return first
    return text


def subject(identity: str) -> str:
    """Answer the country and taxon that the identity of an entry begins with."""
    country, taxon, _ = identity.split("|", 2)
    return f"{country}|{taxon}|"


def about(raw: Raw, header: list[str]) -> frozenset[str]:
    """Answer the country and taxon that a refused row may be about, as the identity of an entry begins.

    What is wrong with the row may be its rank, or cells that stand in each other's places: so each reading counts.
    """
    quiet = Repairs(raw.line)
    try:
        cell = [raw.values[header.index(name)] for name in ("iso_code2", "taxon_name")]
        if max(map(len, cell)) > LONGEST:
            return frozenset()
        country = cells.country(cell[0].strip(), quiet, "")
        taxon = cells.without_footnote(cells.clean(cell[1], quiet, ""), quiet, "")
    except (Refused, IndexError):
        return frozenset()
    readings = {names.key(cell[1]), names.key(taxon), *({""} if taxon.casefold() in ALL_TAXA else ())}
    if any(value.strip(" \"'").upper() in HIGHER for value in raw.values):
        readings |= {names.key(word) for word in taxon.split()[:1]}
    return frozenset(f"{country}|{reading}|" for reading in readings)
