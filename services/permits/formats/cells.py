"""Cells of public lists as values: days, amounts, countries, codes; what is certain is repaired, the rest refused."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from services.permits.domain.reference.load_report import Refused, Repairs
from services.permits.formats import country_names as named
from shared.cites.time_zones import countries

MARKS = "*†‡§¹²³⁴⁵⁶⁷⁸⁹"
LONGEST_MARK, LONGEST_COUNTRY = 14, 100
FOOTNOTE = re.compile(r"(?:\[[^\[\]]{0,12}\]|\(\d{1,2}\))$")
YEARS = range(1900, 3000)
FORMS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y", "%Y%m%d", "%d-%b-%Y",
)  # fmt: skip
"""Ways to write a day that mean one day only."""
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?:\.\d+)?")
_RANGE = re.compile(r"\d\s*(?:-|–|—|to)\s*\d", re.I)
_SURE = re.compile(r"(?i)^(?:up to|max(?:imum)?\.?|not more than|no more than)\s+(?=\d)")


def clean(value: str, repairs: Repairs, field: str) -> str:
    """Take away what surrounds a value: blanks, quotes, control characters; what stood inside stays."""
    text = " ".join(value.replace("\u00a0", " ").replace(BOM, "").split())
    text = text.strip("\"'`“”‘’").strip() if text[:1] in QUOTES or text[-1:] in QUOTES else text
    if text != value:
        what = "quotes" if text != value.strip() and text != " ".join(value.split()) else "blanks"
        repairs.note(f"stray-{what}", f"Stray {what} were taken away.", field)
    return text


BOM = "\ufeff"
QUOTES = ('"', "'", "`", "“", "”", "‘", "’")


def without_footnote(text: str, repairs: Repairs, field: str) -> str:
    """Take a footnote's mark off a value."""
    bare = text.rstrip()
    marked = bare.rstrip(MARKS)
    if marked == bare and (mark := FOOTNOTE.search(bare, max(len(bare) - LONGEST_MARK, 0))):
        marked = bare[: mark.start()]
    bare = marked.rstrip()
    if bare != text:
        repairs.note("footnote-mark", f"The footnote mark of {text!r} was taken away.", field)
    return bare


def day(text: str, repairs: Repairs, field: str, *, ends: bool = False) -> date | None:
    """Read a day; None where there is none. A year alone is its first day, or its last where something ends."""
    text = without_footnote(text, repairs, field)
    if not text or text.casefold() in {"-", "n/a", "none", "ongoing"}:
        return None
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return _sane(date.fromisoformat(text), text, field)
    found = _written_otherwise(text, field, ends=ends)
    repairs.note("day-written-otherwise", f"{text!r} was read as {found.isoformat()}.", field)
    return _sane(found, text, field)


def _written_otherwise(text: str, field: str, *, ends: bool) -> date:
    bare = re.sub(r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| ?UTC|[+-]\d\d:?\d\d)?$", "", text)
    if re.fullmatch(r"\d{4}", bare):
        return date(int(bare), 12, 31) if ends else date(int(bare), 1, 1)
    for form in FORMS:
        with suppress(ValueError):
            return datetime.strptime(bare, form).date()  # noqa: DTZ007
    both = set()
    for form in ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"):
        with suppress(ValueError):
            both.add(datetime.strptime(bare, form).date())  # noqa: DTZ007
    if len(both) == 1:
        return both.pop()
    if both:
        raise Refused("day-uncertain", f"{text!r} may be {' or '.join(sorted(d.isoformat() for d in both))}.", field)
    raise Refused("no-day", f"{text!r} is no day; write YYYY-MM-DD.", field)


def _sane(found: date, text: str, field: str) -> date:
    if found.year not in YEARS:
        raise Refused("no-day", f"{text!r} is not between {YEARS[0]} and {YEARS[-1]}.", field)
    return found


def amount(text: str, repairs: Repairs, field: str) -> Decimal:
    """Read a quantity; a range or an estimate is refused, for nobody knows which number is meant."""
    bare = without_footnote(text, repairs, field)
    if _RANGE.search(bare):
        raise Refused("amount-is-a-range", f"{text!r} is a range: which number is meant is not certain.", field)
    sure = _SURE.sub("", bare)
    if _THOUSANDS.fullmatch(sure):
        sure = re.sub(r"[, \u00a0\u202f']", "", sure)
    if not _AMOUNT.fullmatch(sure) or len(sure) > 38:
        raise Refused("no-amount", f"{text!r} is no quantity." if text else "The quantity is missing.", field)
    if re.fullmatch(r"\d{1,3}\.\d{3}", sure):
        raise Refused("amount-uncertain", f"{text!r} may mean thousands or a fraction.", field)
    if sure != bare:
        repairs.note("amount-written-otherwise", f"{bare!r} was read as {sure}.", field)
    return Decimal(sure)


def country(text: str, repairs: Repairs, field: str) -> str:
    """Read a country's two-letter code, or its name where that is certain."""
    if len(text) > LONGEST_COUNTRY:
        raise Refused("unknown-country", f"{text[:80]!r}… is no country of ISO 3166-1.", field)
    bare = without_footnote(text, repairs, field)
    code = named.OTHER_CODES.get(bare.upper(), bare.upper())
    if code not in countries():
        code = named.code_of(bare) or ""
    if code not in countries():
        raise Refused("unknown-country", f"{text!r} is no country of ISO 3166-1." if text else "It is missing.", field)
    if code != text:
        repairs.note("country-written-otherwise", f"{text!r} was read as {code}.", field)
    return code


def codes(text: str, known: Mapping[str, str], repairs: Repairs, field: str) -> tuple[str, ...]:
    """Read codes, or the names they stand for, divided by commas, semicolons or slashes; none where it is empty."""
    bare = without_footnote(text, repairs, field)
    found = []
    for part in re.split(r"[,;/|]|\band\b|\bor\b", bare) if bare.casefold() not in {"", "all", "any", "-"} else ():
        word = part.strip()
        code = word.upper() if word.upper() in known.values() else known.get(singular(word), "")
        if word and not code:
            raise Refused("unknown-code", f"{word!r} is not known here.", field)
        found += [code] if code else []
    told = tuple(dict.fromkeys(found))
    if told and ",".join(told) != text:
        repairs.note("codes-written-otherwise", f"{text!r} was read as {', '.join(told)}.", field)
    return told


def singular(word: str) -> str:
    """Write a word small and in the singular, as the tables of words have it."""
    small = " ".join(word.casefold().replace("-", " ").split())
    return small[:-1] if small.endswith("s") and not small.endswith("ss") else small
