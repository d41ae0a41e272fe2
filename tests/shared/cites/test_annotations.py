"""The data of annotations: its codes exist, its days are in order, and each list of decisions has a last one."""

from itertools import chain

import pytest

from shared.cites.annotations import (
    AFRICA,
    Annotation,
    Codes,
    Effect,
    Specimen,
    load_annotations,
    possible_decisions,
)
from shared.cites.codes import PURPOSES, SOURCES, TERM_CODES
from shared.cites.time_zones import country_codes
from tests.days import FIXED_DAY

MAX_WORDS = 14
"""A finding has the text in a sentence of at most 25 words."""
TABLE = load_annotations()
ROWS = [*chain(*TABLE.animals.values()), *chain(*TABLE.symbols.values())]


def test_codes_of_annotations_exist() -> None:
    for row in ROWS:
        assert row.terms.listed <= TERM_CODES, row
        assert row.purposes.listed <= PURPOSES.keys(), row
        assert row.sources.listed <= SOURCES.keys(), row
        for countries in (row.countries, row.exporters, row.destinations):
            assert countries.listed <= set(country_codes()), row
    assert set(country_codes()) >= AFRICA


def test_annotations_have_a_source_a_text_and_days_in_order() -> None:
    for row in ROWS:
        assert row.source and row.text and row.since < row.until, row
        assert len(row.text.split()) <= MAX_WORDS, row


def test_annotated_plants_have_an_annotation_whose_last_row_fits_any_part() -> None:
    for plant in chain(*TABLE.plants.values()):
        last = TABLE.symbols[plant.symbol][-1]
        assert last == Annotation(
            effect=last.effect,
            text=last.text,
            source=last.source,
            since=last.since,
            until=last.until,
            symbol=plant.symbol,
        ), plant


@pytest.mark.parametrize(("condition", "code", "expected"), [
    (Codes(), None, True), (Codes(), "T", True), (Codes(listed=frozenset("T")), "T", True),
    (Codes(listed=frozenset("T")), "P", False), (Codes(listed=frozenset("T")), None, None),
    (Codes(listed=frozenset("T"), negated=True), "T", False), (Codes(listed=frozenset("T"), negated=True), "P", True),
    (Codes(listed=frozenset("T"), negated=True), None, None),
])  # fmt: skip
def test_condition_fits_a_code_or_is_undecided_without_it(
    condition: Codes, code: str | None, expected: bool | None
) -> None:
    assert condition.fits(code) is expected


def test_decisions_are_all_that_a_missing_code_leaves_possible() -> None:
    hide, trophy, rest = (
        Annotation(effect=effect, text="x", source="x", since=FIXED_DAY, terms=Codes(listed=frozenset(terms)))
        for effect, terms in ((Effect.APPENDIX_II, {"SKI"}), (Effect.OPEN, {"TRO"}), (Effect.APPENDIX_I, set()))
    )
    rows = (hide, trophy, rest)
    assert possible_decisions(rows, Specimen(term="SKI")) == {Effect.APPENDIX_II: hide}
    assert possible_decisions(rows, Specimen(term="LIV")) == {Effect.APPENDIX_I: rest}
    assert possible_decisions(rows, Specimen()).keys() == {Effect.APPENDIX_II, Effect.OPEN, Effect.APPENDIX_I}


def test_unknown_source_decides_nothing() -> None:
    row = Annotation(
        effect=Effect.ZERO_QUOTA, text="x", source="x", since=FIXED_DAY, sources=Codes(listed=frozenset("W"))
    )
    assert [row.fits(Specimen(source=source)) for source in ("W", "C", "U", None)] == [True, False, None, None]


@pytest.mark.parametrize(("source", "underlying_source", "expected"), [
    ("I", "W", None), ("I", "C", False), ("I", None, None), ("O", "W", False), ("W", "C", True),
])  # fmt: skip
def test_seized_specimen_of_a_source_that_decides_leaves_the_row_open(
    source: str, underlying_source: str | None, expected: bool | None
) -> None:
    row = Annotation(
        effect=Effect.ZERO_QUOTA, text="x", source="x", since=FIXED_DAY, sources=Codes(listed=frozenset("W"))
    )
    assert row.fits(Specimen(source=source, underlying_source=underlying_source)) is expected
