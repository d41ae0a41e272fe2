"""Parse the public index of species: one taxon per row, with its synonyms, listing and distribution."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import partial

from services.permits.domain.reference import names
from services.permits.domain.reference.annotations import parse_symbols
from services.permits.domain.reference.entries import Taxon
from services.permits.domain.reference.listings import STRICTNESS
from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from services.permits.formats import populations
from services.permits.formats.cells import clean
from services.permits.formats.csv_reader import RawRow
from services.permits.formats.row_repair import ColumnTests, align_row
from shared.cites.time_zones import country_codes
from shared.limits import Limit, LimitSubject

REQUIRED_COLUMNS = ("TaxonId", "FullName", "CurrentListing")
RANKS = ("KINGDOM", "PHYLUM", "CLASS", "ORDER", "FAMILY", "SUBFAMILY", "GENUS", "SPECIES", "SUBSPECIES", "VARIETY")
LINEAGE_COLUMNS = ("genus", "subfamily", "family", "order", "class", "phylum", "kingdom")
"""Columns of the higher taxa, lowest rank first."""
TEXT_COLUMNS = (
    "authoryear", "fullannotationenglish", "annotationenglish", "#annotation", "synonymswithauthors", "englishnames",
    "spanishnames", "frenchnames", "all_distributionisocodes", "all_distributionfullnames",
)  # fmt: skip
KEY_COLUMNS = ("taxonid", "fullname", "rankname", "currentlisting", "citesaccepted", "all_distributionisocodes")
MAX_NAME_LENGTH = Limit(
    200,
    "characters",
    subject=LimitSubject.REFERENCE,
    meaning="A scientific name",
    beyond="The row is refused.",
)
_CODES = re.compile(r"[A-Z]{2}(\s*,\s*[A-Z]{2})*,?")
COLUMN_TESTS: ColumnTests = {
    "taxonid": lambda text: text.strip('" ').isdigit(),
    "rankname": lambda text: text.upper() in RANKS,
    "currentlisting": lambda text: bool(re.fullmatch(r"(?:I{1,3}|NC)(?:/(?:I{1,3}|NC))*", text.upper())),
    "citesaccepted": lambda text: text.casefold() in {"true", "false", "t", "f", "yes", "no", "1", "0"},
    "all_distributionisocodes": lambda text: bool(_CODES.fullmatch(text.upper())),
}


def parse_taxon(raw: RawRow, header: list[str]) -> Taxon:
    """Return the taxon of a row. Raise RowRejected if a value is not certain."""
    row = align_row(raw, header, COLUMN_TESTS, TEXT_COLUMNS, KEY_COLUMNS)
    repairs = raw.repairs
    get = partial(_clean_cell, row, repairs)
    name = _name(get("fullname"), get, repairs)
    codes = _codes(get("all_distributionisocodes"), repairs)
    annotation = get("fullannotationenglish") or get("annotationenglish")
    codes_by_name = _codes_by_name(codes, get("all_distributionfullnames"))
    return Taxon(
        taxon_id=_id(get("taxonid"), repairs),
        name=name,
        author=get("authoryear"),
        rank=_rank(get("rankname"), name, repairs),
        kingdom=get("kingdom"),
        parts=populations.parse_populations(
            _appendices(get("currentlisting"), repairs), annotation, codes_by_name, taxon=name
        ),
        lineage=_lineage(get, names.key(name)),
        synonyms=_synonyms(get("synonymswithauthors"), names.key(name)),
        annotation=annotation,
        english=get("englishnames"),
        distribution=codes,
        symbol=next(iter(parse_symbols((get("#annotationsymbol"), annotation))), ""),
        since=_since(get("effectivefrom")),
    )


def _clean_cell(row: Mapping[str, str], repairs: RowRepairs, name: str) -> str:
    value = row.get(name, "")
    return clean(value, repairs, name) if value else ""


def _id(text: str, repairs: RowRepairs) -> str:
    if not text:
        raise RowRejected(
            "id-missing", "The taxon has no TaxonId. The hub needs it to find the taxon in the next load.", "taxonid"
        )
    bare = text.removesuffix(".0")
    if bare != text:
        repairs.add("id-written-otherwise", f"The hub read {text!r} as {bare}.", "taxonid")
    if len(bare) > 64:
        raise RowRejected("id-too-long", "A TaxonId has at most 64 characters.", "taxonid")
    return bare


def _name(text: str, get: partial[str], repairs: RowRepairs) -> str:
    if not text:
        text = " ".join(filter(None, (get("genus"), get("species"), get("subspecies"))))
        if not get("genus") or not get("species"):
            raise RowRejected("name-missing", "The taxon has no FullName.", "fullname")
        repairs.add(
            "name-put-together",
            f"FullName was empty. The hub built {text!r} from genus, species and subspecies.",
            "fullname",
        )
    if not names.key(text) or len(text) > MAX_NAME_LENGTH:
        raise RowRejected("no-name", f"{text[:80]!r} is not a scientific name.", "fullname")
    return text


def _rank(text: str, name: str, repairs: RowRepairs) -> str:
    if text.upper() in RANKS:
        return text.upper()
    words = len(names.key(name).split())
    if words == 1:
        raise RowRejected(
            "unknown-rank", f"{text!r} is not a rank, and a name of one word may have several.", "rankname"
        )
    rank = "SPECIES" if words == 2 else "SUBSPECIES"
    repairs.add(
        "rank-from-name", f"{text!r} is not a rank. The hub took {rank}: the name has {words} words.", "rankname"
    )
    return rank


def _synonyms(text: str, own: str) -> tuple[str, ...]:
    found = {key for key in names.parse_synonyms(text) if len(key) <= MAX_NAME_LENGTH}
    return tuple(sorted(found - {own}))


def _appendices(text: str, repairs: RowRepairs) -> tuple[str | None, ...]:
    """Return the Appendices of a listing such as `I/II`, strictest first. `NC` (not listed) is None."""
    parts = [part.strip().upper() for part in re.split(r"[/,;]", text.upper().replace("APPENDIX", "")) if part.strip()]
    normalized = [{"1": "I", "2": "II", "3": "III"}.get(part, part) for part in parts]
    if not normalized:
        text = "CurrentListing is empty. Write I, II, III or NC, or several of them with a slash."
        raise RowRejected("listing-missing", text, "currentlisting")
    if not set(normalized) <= {"I", "II", "III", "NC"}:
        raise RowRejected("unknown-appendix", f"{text!r} is not I, II, III or NC.", "currentlisting")
    if "/".join(normalized) != text:
        repairs.add("listing-written-otherwise", f"The hub read {text!r} as {'/'.join(normalized)}.", "currentlisting")
    found: set[str | None] = {None if part == "NC" else part for part in normalized}
    return tuple(sorted(found, key=lambda one: STRICTNESS[one], reverse=True))


def _lineage(get: partial[str], own: str) -> tuple[str, ...]:
    found = dict.fromkeys(names.key(get(column)) for column in LINEAGE_COLUMNS)
    words = own.split()
    if len(words) > 2 and names.CROSS not in words:  # a subspecies belongs to its species
        found = dict.fromkeys([" ".join(words[:2]), *found])
    return tuple(key for key in found if key and key != own and len(key) <= MAX_NAME_LENGTH)


def _codes(text: str, repairs: RowRepairs) -> tuple[str, ...]:
    found = []
    for part in re.split(r"[,;]", text.upper()):
        code = part.strip()
        if code in country_codes():
            found.append(code)
        elif code:
            note = f"{code[:20]!r} is not a country. The hub left it out."
            repairs.add("unknown-country", note, "all_distributionisocodes")
    return tuple(dict.fromkeys(found))


def _codes_by_name(codes: tuple[str, ...], text: str) -> dict[str, str]:
    """Return the codes by the row's own country names, or nothing if names and codes differ in number."""
    country_names = [name.strip().casefold() for name in text.split(",")]
    return dict(zip(country_names, codes, strict=True)) if len(country_names) == len(codes) else {}


def _since(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text) if text else None
    raise RowRejected("no-day", f"{text!r} is not a day. Write YYYY-MM-DD.", "effectivefrom")
