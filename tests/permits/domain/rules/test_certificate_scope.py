"""The goods that each kind of certificate may cover: each limit is met, broken, or left to an officer."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.permits.domain.permits.validation import list_faults
from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from services.permits.domain.rules.certificate_scope import SCOPES, find_misfits
from shared.cites.codes import PERMIT_KINDS, PURPOSES, SOURCES, TERM_CODES
from shared.contracts.closed_sets import MatchKind
from shared.contracts.permit import Permit
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import LONG_AGO
from tests.permits.sample_data import LINE_OF_KIND, PURPOSE_OF_KIND, line, permit_content

IMPORT_SIDE = frozenset({"import", "introduction_from_the_sea"})
TIGER = ("Panthera tigris", "Animalia", ("panthera", "felidae", "carnivora", "mammalia", "animalia"))
ALOE = ("Aloe ferox", "Plantae", ("aloe", "asphodelaceae", "asparagales", "plantae"))
WHALE = ("Balaenoptera physalus", "Animalia", ("balaenoptera", "balaenopteridae", "cetacea", "mammalia", "animalia"))
POPPY = ("Meconopsis regia", "Plantae", ("meconopsis", "papaveraceae", "plantae"))
Found = set[tuple[str, bool]]


def known(*taxa: tuple[str, str, tuple[str, ...]], appendix: str = "I", party: str | None = None) -> Facts:
    """Return facts that list these taxa since long ago."""
    matches = {}
    for name, kingdom, lineage in taxa:
        one = Listing(
            taxon_id=name, name=name, author="", rank="SPECIES", since=LONG_AGO, kingdom=kingdom, lineage=lineage,
            parts=(Population(appendix=appendix, party=party),),
        )  # fmt: skip
        matches[name] = (ListingMatch(listing=one, kind=MatchKind.ACCEPTED, key=names.key(name)),)
    return Facts(listings=Listings(matches=matches))


def together(*some: Facts) -> Facts:
    """Return facts with the listings of all."""
    return Facts(listings=Listings(matches={name: m for one in some for name, m in one.listings.matches.items()}))


FACTS = together(known(TIGER, WHALE), known(ALOE, appendix="II"))
ANIMAL = {"taxon": "Panthera tigris"}


def certificate(kind: str, *, permit: dict[str, Any] | None = None, **goods: Any) -> Permit:
    """Return a document of a kind that covers its goods, apart from the fields stated."""
    fields = {"kind": kind, "issuer": "FR" if kind in IMPORT_SIDE else "ZA", "purpose": PURPOSE_OF_KIND.get(kind, "T")}
    fields |= {"export_country": "ZZ"} if kind == "introduction_from_the_sea" else {}
    return permit_content(
        line(**{**LINE_OF_KIND.get(kind, {}), **goods}), day=FIXED_DAY, **{**fields, **(permit or {})}
    )


def misfits(kind: str, facts: Facts = FACTS, **stated: Any) -> Found:
    """Return code and certainty of each misfit of such a document."""
    content = certificate(kind, **stated)
    found = find_misfits(content, content.lines[0], content.lines[0].taxon, facts)
    return {(one.code, one.is_certain) for one in found}


def severity(kind: str, **stated: Any) -> str:
    """Return the result of the strictest misfit: `fits`, `doubt` or `excluded`."""
    found = {is_certain for _, is_certain in misfits(kind, **stated)}
    return "excluded" if True in found else "doubt" if found else "fits"


@pytest.mark.parametrize("kind", PERMIT_KINDS)
def test_document_of_each_kind_with_its_own_goods_fits(kind: str) -> None:
    assert misfits(kind) == set()
    content = certificate(kind)
    assert [fault.code for fault in list_faults(content, FIXED_DAY, FACTS)] == []


@pytest.mark.parametrize(("kind", "appendix", "fits", "doubt"), [
    ("captive_bred", "II", "A C", ""), ("captive_bred", "I", "A C", ""),
    ("travelling_exhibition", "I", "O A C D", ""), ("travelling_exhibition", "II", "O A C D", ""),
    ("musical_instrument", "I", "O", "A D"), ("musical_instrument", "II", "A C D F I O R U W X Y", ""),
    ("sample_collection", "I", "A C D", "O"), ("sample_collection", "II", "A C D F I O R U W X Y", ""),
    ("personal_ownership", "I", "A C D F I O R U W X Y", ""),
    ("introduction_from_the_sea", "II", "X", ""), ("pre_convention", "I", "O", ""),
    ("phytosanitary", "II", "A", "D"), ("certificate_of_origin", "III", "A C D F I O R U W X Y", ""),
    ("export", "I", "A C D F I O R U W X Y", ""), ("other", "I", "A C D F I O R U W X Y", ""),
])  # fmt: skip
def test_source_of_each_kind_fits_is_doubtful_or_excluded(kind: str, appendix: str, fits: str, doubt: str) -> None:
    for source in SOURCES:
        expected = "fits" if source in fits.split() else "doubt" if source in doubt.split() else "excluded"
        stated = {"source": source, "appendix": appendix, "underlying_source": "W" if source in "IO" else None}
        purpose = {"purpose": PURPOSE_OF_KIND.get(kind, "P")}
        assert severity(kind, permit=purpose, **stated) == expected, source


@pytest.mark.parametrize(("kind", "underlying"), [
    ("captive_bred", "C"), ("travelling_exhibition", "C"), ("introduction_from_the_sea", "X"), ("phytosanitary", "A"),
])  # fmt: skip
def test_seized_goods_with_an_underlying_source_that_fits_are_doubtful(kind: str, underlying: str) -> None:
    assert misfits(kind, source="I", underlying_source=underlying) == {("source-not-of-kind", False)}
    assert misfits(kind, source="I", underlying_source="W") == {("source-not-of-kind", True)}


@pytest.mark.parametrize(("kind", "fits", "doubt"), [
    ("travelling_exhibition", "Q Z G", "E"), ("musical_instrument", "P Q E", "S"), ("personal_ownership", "P", ""),
    ("captive_bred", " ".join(PURPOSES), ""), ("sample_collection", " ".join(PURPOSES), ""),
    ("pre_convention", " ".join(PURPOSES), ""), ("introduction_from_the_sea", " ".join(PURPOSES), ""),
])  # fmt: skip
def test_purpose_of_each_kind_fits_is_doubtful_or_excluded(kind: str, fits: str, doubt: str) -> None:
    for purpose in PURPOSES:
        expected = "fits" if purpose in fits.split() else "doubt" if purpose in doubt.split() else "excluded"
        assert severity(kind, permit={"purpose": purpose}) == expected, purpose


@pytest.mark.parametrize(("kind", "excluded"), [
    ("personal_ownership", TERM_CODES - {"LIV"}), ("sample_collection", frozenset({"LIV", "EGL", "FIG", "PUP"})),
    ("captive_bred", frozenset()), ("travelling_exhibition", frozenset()),
])  # fmt: skip
def test_term_of_each_kind_fits_or_is_excluded(kind: str, excluded: frozenset[str]) -> None:
    assert {term for term in TERM_CODES if severity(kind, term=term) == "excluded"} == excluded


@pytest.mark.parametrize(("terms", "expected"), [
    ("LIV TUS HOR SKI LOG SAW EGG BOD TRO MEA VEN PLY TIM CAV COR BAR ROO SKE SKU IVP IVS", "excluded"),
    ("BON SCA SHE CAP BAL HAI TIP SKP", "doubt"), ("CAR IVC KEY PKY WPR TIC BPR HPR LPS OTH", "fits"),
])  # fmt: skip
def test_musical_instrument_is_of_worked_parts(terms: str, expected: str) -> None:
    for term in terms.split():
        assert severity("musical_instrument", term=term) == expected, term


@pytest.mark.parametrize(("kind", "stated", "expected"), [
    ("pre_convention", {"acquired_on": None}, {("acquisition-date-missing", False)}),
    ("captive_bred", {"appendix": "I"}, {("purpose-not-of-kind", False)}),
    ("captive_bred", {"appendix": "I", "permit": {"purpose": "Z"}}, set()),
    ("captive_bred", {"appendix": "II"}, set()),
    ("captive_bred", {"appendix": "I", "source": "A", "taxon": "Aloe ferox"}, set()),
    ("introduction_from_the_sea", {"appendix": "I"}, {("purpose-not-of-kind", True)}),
    ("introduction_from_the_sea", {"appendix": "I", "permit": {"purpose": "S"}}, set()),
    ("introduction_from_the_sea", {"appendix": "III"}, {("appendix-not-of-kind", True)}),
    ("introduction_from_the_sea", {"taxon": "Balaenoptera physalus"}, set()),
    ("introduction_from_the_sea", ANIMAL, {("taxon-not-of-kind", True)}),
    ("introduction_from_the_sea", {"taxon": "Aloe ferox"}, {("taxon-not-of-kind", True)}),
    ("introduction_from_the_sea", {"taxon": "Novus piscis"}, {("taxon-not-of-kind", False)}),
    ("introduction_from_the_sea", {"permit": {"export_country": "ZA"}}, {("export-country-not-of-kind", False)}),
    ("introduction_from_the_sea", {"permit": {"export_country": "FR"}}, set()),
    ("certificate_of_origin", {"appendix": "II"}, {("appendix-not-of-kind", True)}),
    ("certificate_of_origin", {"appendix": "I"}, {("appendix-not-of-kind", True)}),
    ("certificate_of_origin", {"origin_country": "NP"}, {("origin-country-not-of-kind", False)}),
    ("certificate_of_origin", {"origin_country": "ZA"}, set()),
    ("phytosanitary", {"appendix": "I"}, {("appendix-not-of-kind", True)}),
    ("phytosanitary", {"appendix": "I", "taxon": "Aloe ferox × Aloe vera"}, set()),
    ("phytosanitary", {"appendix": "III"}, set()),
    ("personal_ownership", {"taxon": "Aloe ferox", "source": "W"}, {("taxon-not-of-kind", True)}),
    ("personal_ownership", {"permit": {"issuer": "KE"}}, {("issuer-not-of-kind", False)}),
    ("musical_instrument", {"permit": {"issuer": "KE"}}, {("issuer-not-of-kind", False)}),
    ("travelling_exhibition", {"permit": {"issuer": "KE"}}, {("issuer-not-of-kind", False)}),
    ("travelling_exhibition", {"permit": {"issuer": "FR"}}, set()),
])  # fmt: skip
def test_special_limit_of_a_kind_is_met_or_broken(kind: str, stated: dict[str, Any], expected: Found) -> None:
    assert misfits(kind, **stated) == expected


@pytest.mark.parametrize(("listed", "stated", "expected"), [
    ("I", {}, {("appendix-not-of-kind", True)}),
    ("I", {"appendix": "III"}, {("appendix-not-of-kind", True)}),
    ("I", {"permit": {"purpose": "T"}}, {("appendix-not-of-kind", True)}),
    ("I", {"appendix": "I"}, {("appendix-not-of-kind", True)}),
    ("I", {"source": "D"}, {("source-not-of-kind", False)}),
    ("II", {}, set()), ("III", {"appendix": "III"}, set()),
])  # fmt: skip
def test_phytosanitary_certificate_for_plants_of_appendix_one_is_excluded(
    listed: str, stated: dict[str, Any], expected: Found
) -> None:
    assert misfits("phytosanitary", known(ALOE, appendix=listed), **stated) == expected


def test_phytosanitary_certificate_for_hybrids_or_unclear_plants_fits() -> None:
    name = "Aloe ferox hybrid"
    assert misfits("phytosanitary", known((name, *ALOE[1:])), taxon=name) == set()
    [one] = known(ALOE).listings.matches["Aloe ferox"]
    parts = tuple(Population(appendix=appendix, is_range_known=False) for appendix in ("I", "II"))
    unclear = replace(one, listing=replace(one.listing, parts=parts))
    assert misfits("phytosanitary", Facts(listings=Listings(matches={"Aloe ferox": (unclear,)}))) == set()


def test_certificate_of_origin_of_the_listing_country_is_excluded() -> None:
    of = {party: known(POPPY, appendix="III", party=party) for party in ("ZA", "NP")}
    stated: dict[str, Any] = {"taxon": "Meconopsis regia", "source": "W"}
    assert misfits("certificate_of_origin", of["ZA"], **stated) == {("kind-not-of-listing-country", True)}
    assert misfits("certificate_of_origin", of["NP"], **stated) == set()


@pytest.mark.parametrize(("taxon", "acquired_on", "expected"), [
    ("Panthera tigris", "1975-06-30", "fits"), ("Panthera tigris", "1975-07-01", "excluded"),
    ("Loxodonta africana", "1976-02-25", "fits"), ("Loxodonta africana", "1976-02-26", "excluded"),
    ("Loxodonta africana", "2026-01-01", "excluded"), ("Dalbergia nigra", "1992-06-10", "fits"),
    ("Hippocampus kuda", "2004-05-14", "doubt"), ("Hippocampus kuda", "2004-05-15", "excluded"),
    ("Aloe ferox", "1999-12-31", "doubt"), ("Aloe ferox", "2000-01-01", "excluded"),
    ("Inventa exemplaris", "1975-06-30", "fits"), ("Inventa exemplaris", "1975-07-01", "doubt"),
])  # fmt: skip
def test_acquisition_before_the_first_listing_is_required(taxon: str, acquired_on: str, expected: str) -> None:
    for kind in ("pre_convention", "travelling_exhibition", "musical_instrument"):
        stated: dict[str, Any] = {"source": "O", "underlying_source": "W", "taxon": taxon, "acquired_on": acquired_on}
        assert severity(kind, **stated) == expected
        assert {code for code, _ in misfits(kind, **stated)} <= {"acquired-after-listing"}
    assert severity("export", **stated) == ("excluded" if expected == "excluded" else "fits")


def test_acquisition_date_of_another_source_is_not_compared() -> None:
    assert misfits("export", taxon="Panthera tigris", source="W", acquired_on="2020-01-01") == set()


def test_taxon_that_was_not_listed_on_the_day_is_doubtful() -> None:
    later = {name: tuple(replace(m, listing=replace(m.listing, since=date(2010, 1, 1))) for m in every)
             for name, every in FACTS.listings.matches.items()}  # fmt: skip
    facts = Facts(listings=Listings(matches=later))
    stated: dict[str, Any] = {"taxon": "Aloe ferox", "acquired_on": "2009-12-31"}
    assert misfits("pre_convention", facts, **stated) == {("acquired-after-listing", False)}
    assert misfits("pre_convention", facts, **{**stated, "acquired_on": "2010-01-01"}) == {
        ("acquired-after-listing", True)
    }


@pytest.mark.parametrize(("kind", "stated", "place"), [
    ("captive_bred", {"source": "W"}, ("source-not-of-kind", "/lines/0/source")),
    ("pre_convention", {"source": "W", "underlying_source": None}, ("source-not-pre-convention", "/lines/0/source")),
    ("personal_ownership", {"permit": {"purpose": "T"}}, ("purpose-not-of-kind", "/purpose")),
    ("sample_collection", {"term": "LIV"}, ("term-not-of-kind", "/lines/0/term")),
    ("introduction_from_the_sea", {"appendix": "III"}, ("appendix-not-of-kind", "/lines/0/appendix")),
    ("introduction_from_the_sea", ANIMAL, ("taxon-not-of-kind", "/lines/0/taxon")),
    ("pre_convention", {"acquired_on": "2020-01-01", **ANIMAL}, ("acquired-after-listing", "/lines/0/acquired_on")),
    ("export", {"source": "O", "underlying_source": "W", "acquired_on": "2020-01-01", **ANIMAL},
     ("acquired-after-listing", "/lines/0/acquired_on")),
])  # fmt: skip
def test_document_that_does_not_cover_its_goods_has_one_fault(
    kind: str, stated: dict[str, Any], place: tuple[str, str]
) -> None:
    content = certificate(kind, **stated)
    assert [(fault.code, fault.pointer) for fault in list_faults(content, FIXED_DAY, FACTS)] == [place]


def test_purpose_of_several_lines_has_one_fault() -> None:
    two = (line("A", term="LIV"), line("B", term="LIV", description="small"))
    content = permit_content(*two, day=FIXED_DAY, kind="personal_ownership", purpose="T")
    assert [(fault.code, fault.pointer) for fault in list_faults(content, FIXED_DAY)] == [
        ("purpose-not-of-kind", "/purpose")
    ]


def test_doubt_about_a_certificate_is_no_fault() -> None:
    content = certificate("captive_bred", appendix="I")
    assert list(list_faults(content, FIXED_DAY, FACTS)) == []


def test_scope_names_its_law() -> None:
    assert all(scope.law.startswith(("Article", "Resolution")) for scope in SCOPES.values())
