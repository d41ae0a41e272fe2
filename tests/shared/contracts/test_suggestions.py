"""Suggestions for unknown codes: other spellings, names, customs codes, and codes with one wrong character."""

import pytest

from shared.cites.country_names import ALPHA_3, country_names
from shared.cites.time_zones import iso_country_codes
from shared.cites.units import UNITS
from shared.contracts.suggestions import SUGGESTIONS, UNIT_NAMES, similar_codes, suggest


@pytest.mark.parametrize(("of", "value", "first"), [
    ("term", "ski", "SKI"), ("term", "skin", "SKI"), ("term", "skins", "SKI"), ("term", "Trophies", "TRO"),
    ("term", "SK1", "SKI"), ("term", "XIV", "LIV"), ("term", "leather", "LEA"), ("unit", "KGM", "kg"),
    ("unit", "kilogramm", "kg"), ("unit", "KIL", "kg"), ("unit", "pcs", "number"), ("unit", "NAR", "number"),
    ("unit", "m²", "m2"), ("country", "ZAF", "ZA"), ("country", "South Afrika", "ZA"), ("country", "fr", "FR"),
    ("country", "UK", "GB"), ("country", "EL", "GR"), ("source", "wild", "W"), ("source", "w", "W"),
    ("purpose", "commercial", "T"), ("purpose", "hunter", "H"), ("kind", "exports", "export"), ("appendix", "2", "II"),
])  # fmt: skip
def test_unknown_code_has_a_suggestion(of: str, value: str, first: str) -> None:
    found = similar_codes(f"unknown-{of}", value.casefold())
    assert first in found and len(found) <= SUGGESTIONS
    assert f"{first}" in suggest(f"unknown-{of}", value)


def test_suggestion_names_each_code() -> None:
    assert suggest("unknown-term", "skin") == " Did you mean SKI (skin)?"
    assert suggest("unknown-unit", "KGM") == " Did you mean kg?"
    several = suggest("unknown-term", "SKX")
    assert several.startswith(" Did you mean SK") and " or " in several and "SKI (skin)" in several


@pytest.mark.parametrize("value", ["qqqqqq", "", " ", "x" * 41, 7, None, "🦎"])
def test_value_that_is_similar_to_no_code_has_no_suggestion(value: object) -> None:
    assert suggest("unknown-term", value) == ""
    assert suggest("not-positive", "kg") == ""


def test_tables_of_spellings_lead_to_known_codes() -> None:
    assert UNIT_NAMES.keys() == UNITS.keys()
    assert set(ALPHA_3.values()) == iso_country_codes() == country_names().keys()
    assert len(ALPHA_3) == len(set(ALPHA_3.values()))
