"""Validation of permits by their kind: each fault has its own code and place."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.permits.domain.permits.validation import VALIDITY_MONTHS, add_months, list_faults
from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from shared.cites.codes import MULTIPLE_CROSSING_KINDS, PERMIT_KINDS, TERM_CODES
from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.units import UNITS
from shared.contracts.closed_sets import MatchKind
from tests.days import FIXED_DAY
from tests.permits.sample_data import LINE_OF_KIND, PURPOSE_OF_KIND, line, permit_content

ISSUED = date(2026, 3, 1)
CARNET = {"number": "ATA-1", "valid_until": "2027-01-01"}
ISSUERS = {"import": "FR", "introduction_from_the_sea": "FR"}


def codes(*lines: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """Return code and pointer of each fault of a permit with these lines and fields."""
    stated: dict[str, Any] = {"issued_on": "2026-03-01", "valid_until": "2026-04-01", **more}
    stated.setdefault("purpose", PURPOSE_OF_KIND.get(stated.get("kind", "export"), "T"))
    return [(fault.code, fault.pointer) for fault in list_faults(permit_content(*lines, **stated), FIXED_DAY)]


@pytest.mark.parametrize("kind", PERMIT_KINDS)
def test_permit_kind_limits_the_last_day_of_validity(kind: str) -> None:
    goods = line(**LINE_OF_KIND.get(kind, {}))
    months, issuer = VALIDITY_MONTHS.get(kind), ISSUERS.get(kind, "ZA")
    more: dict[str, Any] = {"carnet": CARNET} if kind == "sample_collection" else {}
    if months is None:
        assert codes(goods, kind=kind, valid_until="2040-01-01") == []
        return
    last = add_months(ISSUED, months)
    assert codes(goods, kind=kind, issuer=issuer, valid_until=last, **more) == []
    beyond = [("validity-too-long", "/valid_until")]
    assert codes(goods, kind=kind, issuer=issuer, valid_until=last + timedelta(days=1), **more) == beyond


def test_validity_too_long_states_the_expected_and_the_found_day() -> None:
    [fault] = list_faults(permit_content(issued_on="2026-03-01", valid_until="2026-09-30"), FIXED_DAY)
    assert fault.detail.endswith("Expected: 2026-09-01 or earlier. Found: 2026-09-30.")


@pytest.mark.parametrize("kind", [
    "export", "re_export", "certificate_of_origin", "pre_convention", "captive_bred", "phytosanitary",
    "import", "introduction_from_the_sea",
])  # fmt: skip
def test_permit_is_issued_only_by_the_country_of_its_side(kind: str) -> None:
    side = "import" if kind in ISSUERS else "export"
    fault = [(f"issuer-not-of-{side}-country", "/issuer")]
    for issuer in ("ZA", "FR", "KE"):
        good = issuer == ISSUERS.get(kind, "ZA")
        assert codes(line(**LINE_OF_KIND.get(kind, {})), kind=kind, issuer=issuer) == ([] if good else fault)


@pytest.mark.parametrize("kind", [*sorted(MULTIPLE_CROSSING_KINDS), "other"])
def test_certificate_for_many_crossings_is_issued_by_any_country(kind: str) -> None:
    assert codes(line(**LINE_OF_KIND.get(kind, {})), kind=kind, issuer="KE") == []


def test_month_without_such_a_day_ends_on_its_last_day() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)


@pytest.mark.parametrize("missing", LINE_OF_KIND["re_export"])
def test_re_export_certificate_without_its_origin_is_a_fault(missing: str) -> None:
    stated: dict[str, Any] = {
        name: None if name == missing else value for name, value in LINE_OF_KIND["re_export"].items()
    }
    expected = [(f"{missing.replace('_', '-')}-missing", f"/lines/0/{missing}")]
    assert codes(line(**stated), kind="re_export") == expected


@pytest.mark.parametrize(("change", "code", "place"), [
    ({"source": "W", "underlying_source": None}, "source-not-pre-convention", "source"),
    ({"underlying_source": None}, "underlying-source-missing", "underlying_source"),
    ({"acquired_on": None}, "acquisition-date-missing", "acquired_on"),
    ({"acquired_on": "2026-03-02"}, "date-after-issue", "acquired_on"),
])  # fmt: skip
def test_pre_convention_certificate_without_source_or_acquisition_date_is_a_fault(
    change: dict[str, Any], code: str, place: str
) -> None:
    assert codes(line(**{**LINE_OF_KIND["pre_convention"], **change}), kind="pre_convention") == [
        (code, f"/lines/0/{place}")
    ]


def test_permit_issued_in_the_future_is_a_fault() -> None:
    assert codes(issued_on=FIXED_DAY, valid_until=FIXED_DAY) == []
    assert codes(issued_on=FIXED_DAY + timedelta(days=1), valid_until=FIXED_DAY + timedelta(days=9)) == [
        ("issued-in-the-future", "/issued_on")
    ]


def test_sample_collection_may_be_issued_before_its_carnet() -> None:
    assert codes(kind="sample_collection") == []


def test_sample_collection_valid_longer_than_its_carnet_is_a_fault() -> None:
    carnet = {"number": "ATA-1", "valid_until": "2026-04-01"}
    assert codes(kind="sample_collection", carnet=carnet) == []
    past = [("validity-past-carnet", "/valid_until")]
    assert codes(kind="sample_collection", carnet=carnet, valid_until="2026-04-02") == past
    assert codes(carnet=carnet) == [("carnet-out-of-place", "/carnet")]


def test_retrospective_permit_of_appendix_one_is_a_fault() -> None:
    refused = [("retrospective-appendix-one", "/lines/1/appendix")]
    two = line(), line("B", taxon="Panthera tigris", appendix="I", source="W")
    assert codes(*two, retrospective=True, retrospective_reason="the office was closed") == refused
    assert codes(*two) == []
    assert codes(line(appendix="I", source="D", registered_operation="A-ZA-501"), retrospective=True) == []


def test_reason_of_a_retrospective_issue_without_the_mark_is_a_fault() -> None:
    expected = [("retrospective-reason-alone", "/retrospective_reason")]
    assert codes(retrospective_reason="the office was closed") == expected


def test_quota_that_is_incomplete_or_exceeded_is_a_fault() -> None:
    assert codes(line(quota_used="120", annual_quota="120")) == []
    assert codes(line(quota_used="121", annual_quota="120")) == [("quota-exceeded", "/lines/0/quota_used")]
    assert codes(line(quota_used="119", annual_quota="500")) == [("quota-used-too-low", "/lines/0/quota_used")]
    assert codes(line(quota_used="121")) == [("quota-incomplete", "/lines/0/annual_quota")]
    assert codes(line(annual_quota="121")) == [("quota-incomplete", "/lines/0/quota_used")]


@pytest.mark.parametrize(("term", "unit"), [
    ("LOG", "kg"), ("SAW", "kg"), ("SKI", "m"), ("SKI", "m2"), ("DER", "number"), ("CAR", "m3"), ("LIV", "l"),
])  # fmt: skip
def test_unit_that_the_guidelines_do_not_prefer_is_no_fault(term: str, unit: str) -> None:
    assert codes(line(quantity="122.74", term=term, unit="kg" if unit == "number" else unit)) == []
    assert codes(line(term=term, unit=unit)) == []


@pytest.mark.parametrize(("quantity", "unit", "term", "is_whole"), [
    ("0.5", "number", "LIV", False), ("122.74", "number", "SKI", False), ("0.5", "pair", "LPS", True),
    ("1.25", "pair", "LPS", False), ("0.5", "kg", "LIV", True), ("2.0", "number", "LIV", True),
    ("0.5", "number", "UNS", False), (f"{'9' * 37}.5", "number", "LIV", False),
])  # fmt: skip
def test_fraction_of_a_counted_specimen_is_a_fault(quantity: str, unit: str, term: str, is_whole: bool) -> None:
    found = codes(line(quantity=quantity, unit=unit, term=term))
    assert found == ([] if is_whole else [("quantity-not-whole", "/lines/0/quantity")])


def test_table_of_units_contains_only_known_terms() -> None:
    assert TERM_DIMENSIONS.keys() <= TERM_CODES
    assert set().union(*TERM_DIMENSIONS.values()) <= {dimension for dimension, _ in UNITS.values()}


@pytest.mark.parametrize(("other", "overlap"), [
    ({}, True), ({"taxon": "Crocodylus spp."}, True), ({"quantity": "1"}, True), ({"description": "small"}, False),
    ({"term": "MEA", "unit": "kg"}, False), ({"source": "W"}, False), ({"origin_country": "ZW"}, False),
    ({"taxon": "Crocodylus porosus"}, False),
])  # fmt: skip
def test_lines_for_the_same_goods_overlap(other: dict[str, Any], overlap: bool) -> None:
    assert codes(line(), line("B", **other)) == ([("lines-overlap", "/lines/1")] if overlap else [])


def listed(name: str, kingdom: str = "Animalia", synonym: str = "", above: str = "") -> ListingMatch:
    """Return a match of a listing of a species, by its name or by a synonym."""
    found = Listing(
        taxon_id="1",
        name=name,
        author="",
        rank="SPECIES",
        parts=(Population(appendix="II"),),
        since=ISSUED,
        lineage=(above,) if above else (),
        kingdom=kingdom,
    )
    return ListingMatch(
        listing=found, kind=MatchKind.SYNONYM if synonym else MatchKind.ACCEPTED, key=synonym or names.key(name)
    )


@pytest.mark.parametrize("name", ["source", "underlying_source"])
@pytest.mark.parametrize(("kingdom", "code", "good"), [
    *(("Plantae", code, code in "ADIOUWXY") for code in "ACDFRUWXY"),
    *(("Animalia", code, code in "CDFIORUWX") for code in "ACDFRUWXY"), *(("", code, True) for code in "ACDFRUWXY"),
])  # fmt: skip
def test_source_of_another_kingdom_than_the_listed_one_is_a_fault(
    name: str, kingdom: str, code: str, good: bool
) -> None:
    stated = line(**({"source": code} if name == "source" else {"source": "I", "underlying_source": code}))
    known = Facts(listings=Listings(matches={"Crocodylus niloticus": (listed("Crocodylus niloticus", kingdom),)}))
    found = [
        (fault.code, fault.pointer) for fault in list_faults(permit_content(stated, day=FIXED_DAY), FIXED_DAY, known)
    ]
    assert found == ([] if good else [("source-not-of-kingdom", f"/lines/0/{name}")])


@pytest.mark.parametrize(("one", "other", "overlap"), [
    ("Vicugna vicugna", "Lama vicugna", True), ("Crocodylia spp.", "Crocodylus niloticus", True),
    ("Crocodylus niloticus", "Crocodylia", True), ("Crocodylus niloticus", "Vicugna vicugna", False),
    ("Crocodylus niloticus", "Crocodylus niloticus × Crocodylus siamensis", False),
])  # fmt: skip
def test_lines_for_one_taxon_by_two_names_overlap(one: str, other: str, overlap: bool) -> None:
    croc = listed("Crocodylus niloticus", above="crocodylia")
    known = Facts(listings=Listings(matches={
        "Vicugna vicugna": (listed("Vicugna vicugna"),), "Crocodylia": (listed("Crocodylia"),),
        "Crocodylia spp.": (listed("Crocodylia"),),
        "Lama vicugna": (listed("Vicugna vicugna", synonym="lama vicugna"),),
        "Crocodylus niloticus": (croc,),
        "Crocodylus niloticus × Crocodylus siamensis": (replace(croc, kind=MatchKind.HYBRID),),
    }))  # fmt: skip
    permit = permit_content(line(taxon=one), line("B", taxon=other), day=FIXED_DAY)
    assert [fault.code for fault in list_faults(permit, FIXED_DAY, known)] == (["lines-overlap"] if overlap else [])
    apart = permit_content(line(taxon=one), line("B", taxon=other, description="small"), day=FIXED_DAY)
    assert list(list_faults(apart, FIXED_DAY, known)) == []


def test_faults_of_a_permit_are_all_listed_at_once() -> None:
    found = codes(line(quantity="0.5"), line("B", "1", quota_used="1", term="MEA", unit="kg"), valid_until="2026-02-01")
    assert [code for code, _ in found] == ["validity-before-issue", "quantity-not-whole", "quota-incomplete"]


@pytest.mark.parametrize(("stated", "permit", "expected"), [
    ({}, {}, ["origin_permit", "origin_date"]),
    ({"origin_permit": "ZW-7"}, {}, ["origin_date"]),
    ({"origin_permit": "unknown"}, {}, ["origin_date"]),
    ({"origin_permit": "pre-Convention"}, {}, []),
    ({"origin_reason": "captive-bred before the listing"}, {}, []),
    ({"origin_permit": "ZW-7", "origin_reason": "the date cannot be read"}, {}, []),
    ({}, {"special_conditions": "the permit of origin is not known: old stock"}, []),
    ({"origin_country": None}, {"special_conditions": "old stock"}, ["origin_country"]),
])  # fmt: skip
def test_re_export_without_permit_of_origin_needs_a_reason(
    stated: dict[str, Any], permit: dict[str, Any], expected: list[str]
) -> None:
    goods = {**line(), "origin_country": "ZW", **stated}
    missing = [(f"{name.replace('_', '-')}-missing", f"/lines/0/{name}") for name in expected]
    assert codes(goods, kind="re_export", **permit) == missing
