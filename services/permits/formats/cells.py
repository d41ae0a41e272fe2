"""Cells of public lists as values: days, amounts, countries, codes; what is certain is repaired, the rest refused."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from services.permits.formats import country_names as named
from shared.cites.time_zones import country_codes

FOOTNOTE_MARKS = "*†‡§¹²³⁴⁵⁶⁷⁸⁹"
MAX_MARK_LENGTH, MAX_COUNTRY_LENGTH = 14, 100
FOOTNOTE = re.compile(r"(?:\[[^\[\]]{0,12}\]|\(\d{1,2}\))$")
YEARS = range(1900, 3000)
DAY_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y", "%Y%m%d", "%d-%b-%Y",
)  # fmt: skip
"""Ways to write a day that mean one day only."""
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?:\.\d+)?")
_RANGE = re.compile(r"\d\s*(?:-|–|—|to)\s*\d", re.I)
_UPPER_LIMIT_WORDS = re.compile(r"(?i)^(?:up to|max(?:imum)?\.?|not more than|no more than)\s+(?=\d)")


def clean(value: str, repairs: RowRepairs, field: str) -> str:
    """Take away what surrounds a value: blanks, quotes, control characters; what stood inside stays."""
    text = " ".join(value.replace("\u00a0", " ").replace(BOM, "").split())
    text = text.strip("\"'`“”‘’").strip() if text[:1] in QUOTES or text[-1:] in QUOTES else text
    if text != value:
        what = "quotes" if text != value.strip() and text != " ".join(value.split()) else "blanks"
        repairs.add(f"stray-{what}", f"Stray {what} were taken away.", field)
    return text


BOM = "\ufeff"
QUOTES = ('"', "'", "`", "“", "”", "‘", "’")


def remove_footnote(text: str, repairs: RowRepairs, field: str) -> str:
    """Take a footnote's mark off a value."""
    bare = text.rstrip()
    marked = bare.rstrip(FOOTNOTE_MARKS)
    if marked == bare and (mark := FOOTNOTE.search(bare, max(len(bare) - MAX_MARK_LENGTH, 0))):
        marked = bare[: mark.start()]
    bare = marked.rstrip()
    if bare != text:
        repairs.add("footnote-mark", f"The footnote mark of {text!r} was taken away.", field)
    return bare


def parse_day(text: str, repairs: RowRepairs, field: str, *, is_end: bool = False) -> date | None:
    """Read a day; None where there is none. A year alone is its first day, or its last where something ends."""
    text = remove_footnote(text, repairs, field)
    if not text or text.casefold() in {"-", "n/a", "none", "ongoing"}:
        return None
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return _require_known_year(date.fromisoformat(text), text, field)
    found = _parse_other_format(text, field, is_end=is_end)
    repairs.add("day-written-otherwise", f"{text!r} was read as {found.isoformat()}.", field)
    return _require_known_year(found, text, field)


def _parse_other_format(text: str, field: str, *, is_end: bool) -> date:
    bare = re.sub(r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| ?UTC|[+-]\d\d:?\d\d)?$", "", text)
    if re.fullmatch(r"\d{4}", bare):
        return date(int(bare), 12, 31) if is_end else date(int(bare), 1, 1)
    for day_format in DAY_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(bare, day_format).date()  # noqa: DTZ007
    candidates = set()
    for day_format in ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"):
        with suppress(ValueError):
            candidates.add(datetime.strptime(bare, day_format).date())  # noqa: DTZ007
    if len(candidates) == 1:
        return candidates.pop()
    if candidates:
        raise RowRejected(
            "day-uncertain", f"{text!r} may be {' or '.join(sorted(d.isoformat() for d in candidates))}.", field
        )
    raise RowRejected("no-day", f"{text!r} is no day; write YYYY-MM-DD.", field)


def _require_known_year(found: date, text: str, field: str) -> date:
    if found.year not in YEARS:
        raise RowRejected("no-day", f"{text!r} is not between {YEARS[0]} and {YEARS[-1]}.", field)
    return found


def parse_amount(text: str, repairs: RowRepairs, field: str) -> Decimal:
    """Read a quantity; a range or an estimate is refused, for nobody knows which number is meant."""
    bare = remove_footnote(text, repairs, field)
    if _RANGE.search(bare):
        raise RowRejected("amount-is-a-range", f"{text!r} is a range: which number is meant is not certain.", field)
    number = _UPPER_LIMIT_WORDS.sub("", bare)
    if _THOUSANDS.fullmatch(number):
        number = re.sub(r"[, \u00a0\u202f']", "", number)
    if not _AMOUNT.fullmatch(number) or len(number) > 38:
        raise RowRejected("no-amount", f"{text!r} is no quantity." if text else "The quantity is missing.", field)
    if re.fullmatch(r"\d{1,3}\.\d{3}", number):
        raise RowRejected("amount-uncertain", f"{text!r} may mean thousands or a fraction.", field)
    if number != bare:
        repairs.add("amount-written-otherwise", f"{bare!r} was read as {number}.", field)
    return Decimal(number)


def parse_country(text: str, repairs: RowRepairs, field: str) -> str:
    """Read a country's two-letter code, or its name where that is certain."""
    if len(text) > MAX_COUNTRY_LENGTH:
        raise RowRejected("unknown-country", f"{text[:80]!r}… is no country of ISO 3166-1.", field)
    bare = remove_footnote(text, repairs, field)
    code = named.ALTERNATIVE_CODES.get(bare.upper(), bare.upper())
    if code not in country_codes():
        code = named.find_code(bare) or ""
    if code not in country_codes():
        raise RowRejected(
            "unknown-country", f"{text!r} is no country of ISO 3166-1." if text else "It is missing.", field
        )
    if code != text:
        repairs.add("country-written-otherwise", f"{text!r} was read as {code}.", field)
    return code


def parse_codes(text: str, codes_by_word: Mapping[str, str], repairs: RowRepairs, field: str) -> tuple[str, ...]:
    """Read codes, or the names they stand for, divided by commas, semicolons or slashes; none where it is empty."""
    bare = remove_footnote(text, repairs, field)
    found = []
    for part in re.split(r"[,;/|]|\band\b|\bor\b", bare) if bare.casefold() not in {"", "all", "any", "-"} else ():
        word = part.strip()
        code = word.upper() if word.upper() in codes_by_word.values() else codes_by_word.get(to_singular(word), "")
        if word and not code:
            raise RowRejected("unknown-code", f"{word!r} is not known here.", field)
        found += [code] if code else []
    unique = tuple(dict.fromkeys(found))
    if unique and ",".join(unique) != text:
        repairs.add("codes-written-otherwise", f"{text!r} was read as {', '.join(unique)}.", field)
    return unique


def to_singular(word: str) -> str:
    """Write a word small and in the singular, as the tables of words have it."""
    small = " ".join(word.casefold().replace("-", " ").split())
    return small[:-1] if small.endswith("s") and not small.endswith("ss") else small
