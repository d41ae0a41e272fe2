"""Notes at issue: taxa that no listing has, synonyms, and Appendices that differ from the listing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.permits.domain.model.issue_notes import NO_NOTES
from services.permits.domain.permits.issue_notes import ISSUE_NOTES, list_issue_notes
from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from shared.contracts.closed_sets import MatchKind
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import TAXON, facts, listing
from tests.permits.sample_data import line, permit_content

SYNONYM, UNLISTED, APPENDIX = "taxon-is-synonym", "taxon-not-listed", "appendix-differs"
Found = list[tuple[str, str, str, str]]


def notes(known: Facts, *lines: dict[str, Any], **permit: Any) -> Found:
    """Return code, pointer, expected and found value of each note about a permit."""
    content = permit_content(*lines, day=FIXED_DAY, **permit)
    return [(one.code.value, one.pointer, one.expected, one.found) for one in list_issue_notes(content, known).notes]


def goods(**stated: Any) -> dict[str, Any]:
    """Return a line of the taxon of the listings."""
    return line(**{"taxon": TAXON, "source": "W", **stated})


def differs(expected: str, found: str) -> Found:
    """Return the note about the Appendix of the first line."""
    return [(APPENDIX, "/lines/0/appendix", expected, f"Appendix {found}")]


@pytest.mark.parametrize(("appendices", "stated", "expected"), [
    (("II",), "II", []),
    (("I",), "II", differs("Appendix I", "II")),
    (("II",), "I", differs("Appendix II", "I")),
    (("III",), "II", differs("Appendix III", "II")),
    (("I", "II"), "II", []), (("I", "II"), "I", []),
    (("I", "II"), "III", differs("Appendix I or Appendix II", "III")),
])  # fmt: skip
def test_appendix_that_no_listing_of_the_taxon_has_is_noted(
    appendices: tuple[str, ...], stated: str, expected: Found
) -> None:
    parts = [Population(appendix=one, is_range_known=len(appendices) == 1) for one in appendices]
    assert notes(facts(listing(*parts)), goods(appendix=stated)) == expected


@pytest.mark.parametrize(("stated", "permit", "is_noted"), [
    ({"source": "D", "registered_operation": "A-ZA-501"}, {}, False), ({"source": "C"}, {}, True),
    ({"source": "A"}, {"purpose": "T"}, False),
    ({"source": "A"}, {"purpose": "P"}, True),
])  # fmt: skip
def test_appendix_that_specimens_count_as_is_not_noted(
    stated: dict[str, Any], permit: dict[str, Any], is_noted: bool
) -> None:
    known = facts(listing(Population(appendix="I")))
    assert notes(known, goods(**stated), **permit) == (differs("Appendix I", "II") if is_noted else [])


def test_appendix_of_a_population_is_that_of_its_origin() -> None:
    known = facts(listing(Population(appendix="I", countries=frozenset({"IN"})), Population(appendix="II")))
    assert notes(known, goods(origin_country="IN")) == differs("Appendix I", "II")
    assert notes(known, goods(origin_country="ZA")) == []
    assert notes(known, goods(origin_country=None), export_country="IN", issuer="IN") == differs("Appendix I", "II")


def test_appendix_is_compared_with_the_listing_of_the_day_of_issue() -> None:
    moved = date(2026, 1, 1)
    known = facts(listing(Population(appendix="II"), until=moved), listing(Population(appendix="I"), since=moved))
    assert notes(known, goods(), issued_on="2025-12-31") == []
    assert notes(known, goods(), issued_on="2026-01-01") == differs("Appendix I", "II")


def test_specimen_that_an_annotation_leaves_in_appendix_one_is_noted_with_the_annotation() -> None:
    name = "Loxodonta africana"
    known = facts(listing(Population(appendix="II"), name=name), called=name)
    ivory = permit_content(goods(taxon=name, term="TUS", origin_country="ZW"), day=FIXED_DAY)
    [note] = list_issue_notes(ivory, known).notes
    assert (note.code, note.expected) == (APPENDIX, "Appendix I")
    assert "The annotation of CoP14" in note.detail
    assert notes(known, goods(taxon=name, term="HAI", origin_country="ZW")) == []


@pytest.mark.parametrize("known", [facts(), facts(listing(Population(appendix=None)))])
def test_taxon_that_no_listing_has_is_noted(known: Facts) -> None:
    [(code, pointer, _, found)] = notes(known, goods())
    assert (code, pointer, found) == (UNLISTED, "/lines/0/taxon", TAXON)


def test_synonym_is_noted_with_its_accepted_name_and_its_appendix() -> None:
    one, name = listing(Population(appendix="I")), "Aliud nomen"

    def known(one: Listing, kind: MatchKind) -> Facts:
        return Facts(listings=Listings(matches={name: (ListingMatch(listing=one, kind=kind, key=names.key(name)),)}))

    renamed = (SYNONYM, "/lines/0/taxon", TAXON, name)
    assert notes(known(one, MatchKind.SYNONYM), goods(taxon=name, appendix="I")) == [renamed]
    assert notes(known(one, MatchKind.SYNONYM), goods(taxon=name)) == [renamed, *differs("Appendix I", "II")]
    above = replace(one, name="Inventidae")
    assert notes(known(above, MatchKind.HIGHER), goods(taxon=name, appendix="I")) == []


@pytest.mark.parametrize(("term", "unit", "expected"), [
    ("SKI", "m", "number, pair"), ("CLO", "number", "mg, g, kg, t, cm2, m2"), ("LOG", "kg", None), ("SAW", "kg", None),
    ("LIV", "kg", None), ("HAN", "m2", None),
])  # fmt: skip
def test_unit_that_the_guidelines_do_not_prefer_is_noted(term: str, unit: str, expected: str | None) -> None:
    noted = [] if expected is None else [("unit-not-preferred", "/lines/0/unit", expected, unit)]
    assert notes(facts(listing(Population(appendix="II"))), goods(term=term, unit=unit)) == noted
    unlisted = notes(facts(), goods(term=term, unit=unit))
    assert unlisted[1:] == noted


def test_notes_beyond_their_limit_are_counted() -> None:
    letters = [f"{first}{second}" for first in "ABCDE" for second in "ABCDE"]
    content = permit_content(*(goods(line=one, origin_permit=None) for one in letters), day=FIXED_DAY)
    found = list_issue_notes(content, facts())
    assert (len(found.notes), found.omitted) == (ISSUE_NOTES, len(letters) - ISSUE_NOTES)
    assert found.notes[-1].pointer == f"/lines/{ISSUE_NOTES - 1}/taxon"
    assert list_issue_notes(content, facts(listing(Population(appendix="II")))) == NO_NOTES
