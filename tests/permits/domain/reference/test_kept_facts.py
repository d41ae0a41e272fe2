"""Facts of the present listing stay where a file of taxa is silent, older, or of an unknown day."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.permits.domain.reference.entries import Taxon
from services.permits.domain.reference.kept_facts import (
    FileAge,
    FileAuthority,
    PresentTaxon,
    is_laxer,
    keep_facts,
    keep_higher_listing,
)
from services.permits.domain.reference.listings import Listing, Population
from shared.contracts.closed_sets import KeptFact

CHANGED, FILE_DAY, LATER = date(2023, 2, 23), date(2017, 4, 21), date(2027, 1, 1)
STATED, UNKNOWN, CONFIRMED = FileAuthority.STATED_DAY, FileAuthority.UNKNOWN_DAY, FileAuthority.CONFIRMED
ONE, TWO, THREE = (Population(appendix="I"),), (Population(appendix="II"),), (Population(appendix="III"),)
NOT_LISTED = (Population(appendix=None),)
SPLIT = (Population(appendix="II", countries=frozenset({"NA", "ZA"})), Population(appendix="I"))
WIDER = (Population(appendix="II", countries=frozenset({"NA", "ZA", "ZW"})), Population(appendix="I"))
UNCLEAR = (Population(appendix="I", is_range_known=False), Population(appendix="II", is_range_known=False))
OF_GHANA = (Population(appendix="III", party="GH"),)


def _taxon(parts: tuple[Population, ...] = TWO, annotation: str = "", **more: object) -> Taxon:
    taxon = Taxon(
        taxon_id="1", name="Inventus primus", author="", rank="SPECIES", kingdom="Animalia", parts=parts,
        lineage=("inventus", "inventidae"), synonyms=(), annotation=annotation, english="", distribution=(),
    )  # fmt: skip
    return replace(taxon, **more)  # type: ignore[arg-type]


def _listing(parts: tuple[Population, ...], name: str = "Inventus primus", annotation: str = "") -> Listing:
    return Listing(
        taxon_id="1", name=name, author="", rank="SPECIES", parts=parts, since=CHANGED, annotation=annotation
    )


def _keep(
    parts: tuple[Population, ...], present: tuple[Population, ...], authority: FileAuthority, day: date = FILE_DAY
) -> tuple[tuple[Population, ...], tuple[KeptFact, ...]]:
    stored = PresentTaxon(row_id=UUID(int=1), listing=_listing(present))
    merged, kept = keep_facts(_taxon(parts), stored, FileAge(day=day, authority=authority))
    return merged.parts, kept


@pytest.mark.parametrize(("new", "present", "laxer"), [
    (TWO, ONE, True), (ONE, TWO, False), (THREE, TWO, True), (NOT_LISTED, THREE, True), (WIDER, SPLIT, True),
    (SPLIT, WIDER, False), (UNCLEAR, SPLIT, True), (UNCLEAR, ONE, True), (SPLIT, SPLIT, False), (TWO, SPLIT, True),
    ((*SPLIT, Population(appendix="I", countries=frozenset({"NA"}))), SPLIT, False),
    (SPLIT, (*SPLIT, Population(appendix="I", countries=frozenset({"NA"}))), True),
])  # fmt: skip
def test_listing_is_laxer_if_one_population_is_less_strict_or_less_certain(
    new: tuple[Population, ...], present: tuple[Population, ...], laxer: bool
) -> None:
    assert is_laxer(new, present) is laxer


@pytest.mark.parametrize(("new", "present", "authority", "day", "stays"), [
    (TWO, ONE, STATED, FILE_DAY, True), (ONE, TWO, STATED, FILE_DAY, True), (SPLIT, WIDER, STATED, FILE_DAY, True),
    (TWO, ONE, UNKNOWN, LATER, True), (ONE, TWO, UNKNOWN, LATER, False), (NOT_LISTED, TWO, UNKNOWN, LATER, True),
    (TWO, ONE, STATED, LATER, False), (NOT_LISTED, TWO, STATED, LATER, False), (TWO, ONE, STATED, CHANGED, False),
    (TWO, ONE, CONFIRMED, FILE_DAY, False), (SPLIT, WIDER, CONFIRMED, FILE_DAY, False),
])  # fmt: skip
def test_listing_stays_if_it_is_later_than_the_file_or_stricter_than_one_without_a_day(
    new: tuple[Population, ...], present: tuple[Population, ...], authority: FileAuthority, day: date, stays: bool
) -> None:
    parts, kept = _keep(new, present, authority, day)
    assert parts == (present if stays else new)
    assert bool(kept) is stays


@pytest.mark.parametrize("authority", FileAuthority)
def test_facts_that_the_file_does_not_contain_stay_whatever_its_age(authority: FileAuthority) -> None:
    assert _keep(UNCLEAR, SPLIT, authority, LATER) == (SPLIT, (KeptFact.POPULATIONS,))
    assert _keep(THREE, OF_GHANA, authority, LATER) == (OF_GHANA, (KeptFact.LISTED_BY,))
    stored = PresentTaxon(
        row_id=UUID(int=1),
        listing=replace(_listing(TWO, "Inventus antiquus", "All other specimens"), symbol="#4"),
        synonyms=("aliena prima",),
    )
    merged, kept = keep_facts(_taxon(synonyms=("aliena secunda",)), stored, FileAge(day=LATER, authority=authority))
    assert set(kept) == {KeptFact.ANNOTATION, KeptFact.ANNOTATION_SYMBOL, KeptFact.SYNONYMS}
    assert (merged.annotation, merged.symbol) == ("All other specimens", "#4")
    assert merged.synonyms == ("aliena prima", "aliena secunda", "inventus antiquus")
    assert merged.kept_since == CHANGED


def test_country_of_appendix_three_is_replaced_by_the_country_in_the_file() -> None:
    of_nepal = (Population(appendix="III", party="NP"),)
    assert _keep(of_nepal, OF_GHANA, UNKNOWN) == (of_nepal, ())


def test_row_with_a_later_day_of_its_own_is_taken() -> None:
    stored = PresentTaxon(row_id=UUID(int=1), listing=_listing(ONE))
    merged, kept = keep_facts(_taxon(TWO, since=LATER), stored, FileAge(day=FILE_DAY, authority=UNKNOWN))
    assert (merged.parts, kept) == (TWO, ())


def test_new_taxon_is_as_strict_as_the_higher_taxon_that_covers_it_now() -> None:
    higher = {"inventidae": _listing(TWO, "Inventidae"), "inventus": _listing(ONE, "Inventus")}
    age = FileAge(day=LATER, authority=UNKNOWN)
    merged, covering = keep_higher_listing(_taxon(TWO), higher, age)
    assert (merged.parts, covering) == (ONE, higher["inventus"])
    assert keep_higher_listing(_taxon(TWO), higher, FileAge(day=LATER, authority=STATED))[0].parts == TWO
    excepted = {"inventus": _listing(ONE, "Inventus", "Except the species included in Appendix II")}
    assert keep_higher_listing(_taxon(TWO), excepted, age) == (_taxon(TWO), None)
    assert keep_higher_listing(_taxon(TWO), {}, age) == (_taxon(TWO), None)


@pytest.mark.parametrize(("authority", "stays"), [(UNKNOWN, True), (STATED, False), (CONFIRMED, False)])
def test_annotation_that_leaves_specimens_in_appendix_one_stays_before_a_file_without_a_day(
    authority: FileAuthority, stays: bool
) -> None:
    deemed = "All other specimens shall be deemed to be specimens of species included in Appendix I"
    stored = PresentTaxon(row_id=UUID(int=1), listing=_listing(TWO, annotation=deemed))
    merged, kept = keep_facts(_taxon(TWO, "All specimens"), stored, FileAge(day=LATER, authority=authority))
    assert (merged.annotation == deemed, kept) == (stays, (KeptFact.ANNOTATION,) if stays else ())
