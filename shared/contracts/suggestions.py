"""Suggestions for a code that the hub does not know: "Did you mean SKI (skin)?".

A set has at most some hundred codes with their names, so a search takes less than a millisecond. The hub searches only
for values that it refuses.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache

from shared.cites.codes import PERMIT_KINDS, PURPOSES, SOURCES, TERM_NAMES
from shared.cites.country_names import ALPHA_3, country_names
from shared.cites.customs_codes import COUNTRY_ALIASES, find_unit
from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.units import UNITS
from shared.limits import Limit, LimitSubject

SUGGESTIONS = Limit(
    3,
    "codes",
    subject=LimitSubject.REQUESTS,
    meaning="Codes that a problem suggests for one that the hub does not know",
    beyond="The problem names the most similar ones.",
)
LONGEST_VALUE = 40
"""Characters of a value beyond which it is no code and no name of one."""
UNIT_NAMES = {
    "number": "piece pieces pcs pc no specimens unit units item items each ea",
    "pair": "pairs pr",
    "mg": "milligram milligrams mgs",
    "g": "gram grams gr gramme grammes gm grm",
    "kg": "kilogram kilograms kilo kilos kgs kil",
    "t": "ton tons tonne tonnes",
    "mm": "millimetre millimetres millimeter millimeters",
    "cm": "centimetre centimetres centimeter centimeters ctm",
    "m": "metre metres meter meters mtr",
    "cm2": "sqcm sqc",
    "m2": "sqm sq.m m² squaremetre",
    "cm3": "cc ccm cm³",
    "ml": "millilitre millilitres milliliter milliliters mlt",
    "l": "litre litres liter liters ltr",
    "m3": "cbm cum m³ cubicmetre",
}
"""Unit → other words for it, among them the codes of annual reports."""
_APPENDICES = {"1": "I", "2": "II", "3": "III", "i": "I", "ii": "II", "iii": "III"}
STEM = 4
"""Characters of a word that are compared, so that hunter means hunting."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_FILLERS = frozenset("and the for from with not its any used one together another code whole".split())


@dataclass(frozen=True, kw_only=True)
class _Codes:
    """The codes of one set, by their exact spellings and by the stems of the words of their names, with the names."""

    by_spelling: Mapping[str, str]
    by_word: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]


def _index(names: Mapping[str, str], spellings: Mapping[str, str]) -> _Codes:
    """Return the index of codes with these names. `spellings` are further texts that mean one code."""
    words: dict[str, list[str]] = {}
    for code, name in names.items():
        stems = (word[:STEM] for word in _WORD.findall(name.casefold()) if word not in _FILLERS)
        for stem in dict.fromkeys(stems):
            words.setdefault(stem, []).append(code)
    exact = {code.casefold(): code for code in names} | {name.casefold(): code for code, name in names.items()}
    return _Codes(
        by_spelling={**{text.casefold(): code for text, code in spellings.items()}, **exact},
        by_word={word: tuple(codes) for word, codes in words.items()},
        names=names,
    )


def _terms() -> _Codes:
    return _index(TERM_NAMES, {f"{name}s": code for code, name in TERM_NAMES.items()})


def _units() -> _Codes:
    words = {word: unit for unit, others in UNIT_NAMES.items() for word in others.split()}
    return _index(dict.fromkeys(UNITS, ""), words)


def _countries() -> _Codes:
    names = country_names()
    return _index(names, {**ALPHA_3, **COUNTRY_ALIASES})


_SETS: dict[str, Callable[[], _Codes]] = {
    "unknown-term": _terms,
    "unknown-unit": _units,
    "unknown-country": _countries,
    "unknown-source": lambda: _index(SOURCES, {}),
    "unknown-purpose": lambda: _index(PURPOSES, {}),
    "unknown-kind": lambda: _index(PERMIT_KINDS, {}),
    "unknown-appendix": lambda: _index(dict.fromkeys(("I", "II", "III"), ""), _APPENDICES),
}
"""Code of a fault → the codes of the set that it is about."""


@cache
def _codes(fault_code: str) -> _Codes:
    return _SETS[fault_code]()


def suggest(fault_code: str, value: object) -> str:
    """Return a sentence with the codes that a value may mean, with a blank before it; empty if none is similar."""
    if fault_code not in _SETS or not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_VALUE:
        return ""
    codes = _codes(fault_code)
    found = similar_codes(fault_code, value.strip().casefold())
    described = [f"{code} ({codes.names[code]})" if codes.names.get(code) else code for code in found]
    if not described:
        return ""
    *first, last = described
    return f" Did you mean {', '.join(first)} or {last}?" if first else f" Did you mean {last}?"


@lru_cache(1_000)
def similar_codes(fault_code: str, text: str) -> tuple[str, ...]:
    """Return the codes that a text in small letters may mean, the most likely first."""
    codes = _codes(fault_code)
    if fault_code == "unknown-unit" and (conversion := find_unit(text.upper())) is not None:
        return (conversion[0],)
    exact = codes.by_spelling.get(text)
    if exact is not None:
        return (exact,)
    found = _codes_with_other_character(codes, text) or _close_codes(codes, text, 0.85)
    if not found:
        words = (word[:STEM] for word in _WORD.findall(text))
        found = [code for word in words for code in codes.by_word.get(word, ())] or _close_codes(codes, text, 0.7)
    return tuple(dict.fromkeys(found))[:SUGGESTIONS]


def _codes_with_other_character(codes: _Codes, text: str) -> list[str]:
    """Return the codes of three characters that differ in one of them, those in use before older ones."""
    if len(text) != 3:
        return []
    found = [code for code in codes.names if len(code) == 3 and sum(map(str.__ne__, code.casefold(), text)) == 1]
    return sorted(found, key=lambda code: (code not in TERM_DIMENSIONS, code[0].casefold() != text[0]))


def _close_codes(codes: _Codes, text: str, cutoff: float) -> list[str]:
    """Return the codes of which a spelling is similar, among the spellings with the same first character."""
    spellings = [one for one in codes.by_spelling if one[:1] == text[:1]]
    return [codes.by_spelling[one] for one in get_close_matches(text, spellings, n=SUGGESTIONS, cutoff=cutoff)]
