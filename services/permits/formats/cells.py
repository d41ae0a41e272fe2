"""Parse cells of public lists: days, quantities, countries, codes. Repair what is certain, else reject the row."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from services.permits.formats import country_names as named
from services.permits.formats.conventions import DayOrder, read_numeric_day
from shared.cites.time_zones import country_codes
from shared.contracts.characters import describe_character, find_forbidden, to_nfc
from shared.limits import Limit, LimitSubject

FOOTNOTE_MARKS = "*†‡§¹²³⁴⁵⁶⁷⁸⁹"
MARK_LENGTH = 14
MAX_COUNTRY_LENGTH = Limit(
    100,
    "characters",
    subject=LimitSubject.REFERENCE,
    meaning="The countries of a row",
    beyond="The row is refused.",
)
FOOTNOTE = re.compile(r"(?:\[[^\[\]]{0,12}\]|\(\d{1,2}\))$")
YEARS = range(1900, 3000)
DAY_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y", "%Y%m%d", "%d-%b-%Y",
)  # fmt: skip
"""Formats of a day with only one possible meaning."""
_NUMERIC_DAY = re.compile(r"\d{1,2}([/-])\d{1,2}\1\d{4}")
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?:\.\d+)?")
_RANGE = re.compile(r"\d\s*(?:-|–|—|to)\s*\d", re.I)
_UPPER_LIMIT_WORDS = re.compile(r"(?i)^(?:up to|max(?:imum)?\.?|not more than|no more than)\s+(?=\d)")


def clean(value: str, repairs: RowRepairs, field: str) -> str:
    """Return a value in NFC, with single blanks inside, without blanks and quotes around it. Note a repair.

    Raise RowRejected for a character that a text may not have.
    """
    value = to_nfc(value)
    text = " ".join(value.replace("\u00a0", " ").replace(BOM, "").split())
    if (forbidden := find_forbidden(text)) is not None:
        reason = f"The text has the character {describe_character(forbidden)}. Leave it out."
        raise RowRejected("forbidden-character", reason, field)
    text = text.strip("\"'`“”‘’").strip() if text[:1] in QUOTES or text[-1:] in QUOTES else text
    if text != value.rstrip():  # many public lists pad their values: blanks at the end are no repair
        what = "quotes" if text != value.strip() and text != " ".join(value.split()) else "blanks"
        repairs.add(f"stray-{what}", f"The hub removed stray {what}.", field)
    return text


BOM = "\ufeff"
QUOTES = ('"', "'", "`", "“", "”", "‘", "’")


def remove_footnote(text: str, repairs: RowRepairs, field: str) -> str:
    """Return a value without the mark of a footnote at its end. Note a repair."""
    bare = text.rstrip()
    marked = bare.rstrip(FOOTNOTE_MARKS)
    if marked == bare and (mark := FOOTNOTE.search(bare, max(len(bare) - MARK_LENGTH, 0))):
        marked = bare[: mark.start()]
    bare = marked.rstrip()
    if bare != text:
        repairs.add("footnote-mark", f"The hub removed the footnote mark of {text!r}.", field)
    return bare


NO_DAY_WORDS = frozenset({"", "-", "n/a", "none", "ongoing"})
NO_END_WORDS = NO_DAY_WORDS | {"present", "current", "open", "open-ended", "no end", "until further notice"}


def parse_day(
    text: str, repairs: RowRepairs, field: str, *, is_end: bool = False, order: DayOrder | None = None
) -> date | None:
    """Return a day, or None for an empty cell, or for an end such as "Present". Raise RowRejected.

    A year alone is its first day, or its last if `is_end`. `order` is what the other days of the column prove.
    """
    text = remove_footnote(text, repairs, field)
    if text.casefold() in (NO_END_WORDS if is_end else NO_DAY_WORDS):
        return None
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return _require_known_year(date.fromisoformat(text), text, field)
    found = _parse_other_format(text, field, is_end=is_end, order=order)
    repairs.add("day-written-otherwise", f"The hub read {text!r} as {found.isoformat()}.", field)
    return _require_known_year(found, text, field)


def _parse_other_format(text: str, field: str, *, is_end: bool, order: DayOrder | None) -> date:
    bare = re.sub(r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| ?UTC|[+-]\d\d:?\d\d)?$", "", text)
    if re.fullmatch(r"\d{4}", bare):
        return date(int(bare), 12, 31) if is_end else date(int(bare), 1, 1)
    for day_format in DAY_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(bare, day_format).date()  # noqa: DTZ007
    days = read_numeric_day(bare) if _NUMERIC_DAY.fullmatch(bare) else {}
    if order in days:
        return days[order]
    candidates = sorted(set(days.values()))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        choices = " or ".join(day.isoformat() for day in candidates)
        detail = f"{text!r} may mean {choices}. No other day of the column decides. Write YYYY-MM-DD."
        raise RowRejected("day-uncertain", detail, field)
    raise RowRejected("no-day", f"{text!r} is not a day. Write YYYY-MM-DD.", field)


def _require_known_year(found: date, text: str, field: str) -> date:
    if found.year not in YEARS:
        raise RowRejected("no-day", f"The year of {text!r} is not between {YEARS[0]} and {YEARS[-1]}.", field)
    return found


def parse_amount(text: str, repairs: RowRepairs, field: str) -> Decimal:
    """Return a quantity. Raise RowRejected, also for a range or an estimate, because its number is not certain."""
    bare = remove_footnote(text, repairs, field)
    if _RANGE.search(bare):
        raise RowRejected("amount-is-a-range", f"{text!r} is a range. Write one number.", field)
    number = _UPPER_LIMIT_WORDS.sub("", bare)
    if _THOUSANDS.fullmatch(number):
        number = re.sub(r"[, \u00a0\u202f']", "", number)
    if not _AMOUNT.fullmatch(number) or len(number) > 38:
        raise RowRejected("no-amount", f"{text!r} is not a quantity." if text else "The quantity is missing.", field)
    if re.fullmatch(r"\d{1,3}\.\d{3}", number):
        raise RowRejected("amount-uncertain", f"{text!r} may mean thousands or a fraction.", field)
    if number != bare:
        repairs.add("amount-written-otherwise", f"The hub read {bare!r} as {number}.", field)
    return Decimal(number)


ALL_COUNTRIES = frozenset({"all", "all countries", "all parties", "all range states"})
"""Words for all countries. An empty cell is not one of them: its country is missing."""


def parse_country_or_all(text: str, repairs: RowRepairs, field: str) -> str:
    """Return a country's code, or an empty text for all countries. Raise RowRejected."""
    return "" if text[:MAX_COUNTRY_LENGTH].casefold() in ALL_COUNTRIES else parse_country(text, repairs, field)


def parse_country(text: str, repairs: RowRepairs, field: str) -> str:
    """Return a country's code (ISO 3166-1 alpha-2) from a code or a known name. Raise RowRejected."""
    if len(text) > MAX_COUNTRY_LENGTH:
        raise RowRejected("unknown-country", f"{text[:80]!r}… is not a country of ISO 3166-1.", field)
    bare = remove_footnote(text, repairs, field)
    code = named.ALTERNATIVE_CODES.get(bare.upper(), bare.upper())
    if code not in country_codes():
        code = named.find_code(bare) or ""
    if code not in country_codes():
        raise RowRejected(
            "unknown-country", f"{text!r} is not a country of ISO 3166-1." if text else "The country is missing.", field
        )
    if code != text:
        repairs.add("country-written-otherwise", f"The hub read {text!r} as {code}.", field)
    return code


def parse_codes(text: str, codes_by_word: Mapping[str, str], repairs: RowRepairs, field: str) -> tuple[str, ...]:
    """Return the codes in a cell of codes or their names, separated by commas, semicolons or slashes.

    An empty cell has none. Raise RowRejected for an unknown word.
    """
    bare = remove_footnote(text, repairs, field)
    found = []
    for part in re.split(r"[,;/|]|\band\b|\bor\b", bare) if bare.casefold() not in {"", "all", "any", "-"} else ():
        word = part.strip()
        code = word.upper() if word.upper() in codes_by_word.values() else codes_by_word.get(to_singular(word), "")
        if word and not code:
            raise RowRejected("unknown-code", f"{word!r} is not a known code or name.", field)
        found += [code] if code else []
    unique = tuple(dict.fromkeys(found))
    if unique and ",".join(unique) != text:
        repairs.add("codes-written-otherwise", f"The hub read {text!r} as {', '.join(unique)}.", field)
    return unique


def to_singular(word: str) -> str:
    """Return a word in lower case and in the singular, as in the tables of words."""
    small = " ".join(word.casefold().replace("-", " ").split())
    return small[:-1] if small.endswith("s") and not small.endswith("ss") else small
