"""Lines whose listing leaves a stricter Appendix possible: a note, or an officer finds out population or species."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from shared.cites.annotations import load_annotations
from shared.contracts.closed_sets import MatchKind
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import TAXON, facts, findings, listing, permit

POPULATION, SPECIES, SILENT = "CITES-box-10-population", "CITES-Conf-11.21-higher-taxon", "listing-silent"
SPECIMEN, AT_ISSUE, TODAY = "CITES-Conf-11.21-specimen", "CITES-box-10-appendix", "CITES-XV-appendix-today"
ORDERS = frozenset(
    "anura artiodactyla carnivora caudata cingulata crocodylia perissodactyla proboscidea rhinopristiformes "
    "siluriformes squamata testudines".split()
)
UNCLEAR_RULES = {POPULATION, SPECIES, SILENT, SPECIMEN, AT_ISSUE, TODAY}


def unclear(*appendices: str | None) -> tuple[Population, ...]:
    """Return the populations of a split listing that does not state their countries."""
    return tuple(Population(appendix=one, is_range_known=False) for one in appendices)


def known(one: Listing, by: MatchKind = MatchKind.ACCEPTED, *, called: str = TAXON) -> Facts:
    """Return facts in which a name matches only this listing."""
    return Facts(listings=Listings(matches={called: (ListingMatch(listing=one, kind=by, key=names.key(called)),)}))


def rules_found(
    known: Facts, kinds: str = "export", appendix: str = "II", country: str = "ZA", **goods: Any
) -> dict[str, str]:
    """Return the severity by rule of the findings about an unclear listing."""
    stated = {"taxon": TAXON, "source": "W", "term": "SKI", "purpose": "P"} | goods
    line = {name: stated[name] for name in ("taxon", "source", "term")} | {"origin_country": country}
    terms = {"purpose": stated["purpose"], "export_country": country}
    permits = [
        permit(kind, appendix, terms=terms | {"issuer": "FR" if kind == "import" else country}, **line)
        for kind in kinds.split()
    ]
    more = {"export_country": country, "origin_country": country}
    return {one.rule: one.severity for one in findings(permits, known, **more, **stated) if one.rule in UNCLEAR_RULES}


@pytest.mark.parametrize(("appendices", "stated", "expected"), [
    (("I", "II"), "II", {POPULATION: "refer"}),
    (("I", "II", None), "II", {POPULATION: "refer"}),
    (("II", "III"), "III", {POPULATION: "refer"}),
    (("I", "II"), "I", {}),
    (("II", None), "II", {}),
    (("I", "II"), "III", {AT_ISSUE: "refer"}),
    (("I", None), "II", {AT_ISSUE: "refer"}),
])  # fmt: skip
@pytest.mark.parametrize("by", [MatchKind.ACCEPTED, MatchKind.SYNONYM])
def test_line_of_the_laxer_appendix_of_an_unclear_split_is_referred(
    by: MatchKind, appendices: tuple[str | None, ...], stated: str, expected: dict[str, str]
) -> None:
    assert rules_found(known(listing(*unclear(*appendices)), by), appendix=stated) == expected


def test_line_whose_appendix_no_population_has_any_more_has_one_finding() -> None:
    then = FIXED_DAY - timedelta(days=5)
    before, after = listing(Population(appendix="III"), until=then), listing(*unclear("I", "II"), since=then)
    assert rules_found(facts(before, after), appendix="III") == {TODAY: "refer"}
    before, after = listing(Population(appendix="I"), until=then), listing(*unclear("I", "II"), since=then)
    assert rules_found(facts(before, after)) == {AT_ISSUE: "refer"}


@pytest.mark.parametrize("country", ["AR", "PE"])
def test_line_of_a_partly_split_population_is_noted(country: str) -> None:
    """Argentina has vicuñas of both Appendices, and each part of the listing states it."""
    parts = (
        Population(appendix="I", countries=frozenset({"AR", "BO"})),
        Population(appendix="II", countries=frozenset({"AR", "PE"})),
    )
    expected = {SILENT: "note"} if country == "AR" else {}
    assert rules_found(known(listing(*parts)), country=country) == expected


def test_line_whose_species_may_be_an_exception_of_its_family_is_noted() -> None:
    family = replace(
        listing(Population(appendix="II"), name="Inventidae"),
        own=True,
        annotation="except the species included in Appendix I",
    )
    name = "Felis pardus"
    assert rules_found(known(family, MatchKind.HIGHER, called=name), taxon=name) == {SILENT: "note"}
    assert rules_found(known(family, MatchKind.HIGHER, called=name), appendix="I", taxon=name) == {}
    clear = replace(family, annotation="")
    assert rules_found(known(clear, MatchKind.HIGHER, called=name), taxon=name) == {}


def test_line_whose_specimens_count_as_appendix_two_in_any_population_has_no_finding() -> None:
    split = known(listing(*unclear("I", "II")))
    assert rules_found(split, source="D") == {}
    assert rules_found(split, source="C") == {POPULATION: "refer"}


def test_certificate_that_replaces_permits_of_any_appendix_has_only_the_note() -> None:
    split = known(listing(*unclear("I", "II")))
    assert rules_found(split, "captive_bred", source="C") == {SILENT: "note"}
    assert rules_found(split, "musical_instrument", term="LPS") == {POPULATION: "refer"}


def test_specimen_that_an_annotation_leaves_open_has_one_finding() -> None:
    name = "Loxodonta africana"
    split = known(listing(*unclear("I", "II"), name=name), called=name)
    assert rules_found(split, country="BW", taxon=name, term="TUS") == {SPECIMEN: "refer"}
    assert rules_found(split, country="BW", taxon=name, term="HAI") == {POPULATION: "refer"}


@pytest.mark.parametrize(("taxon", "country", "goods", "expected"), [
    ("Loxodonta spp.", "ZW", {"term": "TUS"}, SPECIES),
    ("Loxodonta spp.", "KE", {"term": "HAI"}, SPECIES),
    ("Loxodonta", "ZW", {"term": "IVC", "purpose": "T"}, SPECIES),
    ("Loxodonta spp.", "ZA", {"term": "HAI"}, SILENT),
    ("Vicugna spp.", "PE", {"term": "LIV"}, SPECIES),
    ("Vicugna spp.", "PE", {"term": "FIB"}, SILENT),
    ("Ceratotherium spp.", "ZA", {"term": "HOR"}, SPECIES),
    ("Cuora spp.", "CN", {"term": "LIV", "purpose": "T"}, SPECIES),
    ("Cuora spp.", "CN", {"term": "LIV", "purpose": "T", "source": "C"}, SILENT),
    ("Cuora spp.", "CN", {"term": "LIV", "purpose": "S"}, SILENT),
    ("Panthera spp.", "ZA", {"term": "BON", "purpose": "T"}, SPECIES),
    ("Panthera spp.", "ZA", {"term": "TRO", "purpose": "H"}, SILENT),
    ("Elephantidae spp.", "NA", {"term": "TUS", "purpose": "T"}, SPECIES),
    ("Elephantidae spp.", "ZW", {"term": "TRO", "purpose": "H"}, SILENT),
    ("Proboscidea spp.", "KE", {"term": "TRO", "purpose": "H"}, SPECIES),
    ("Camelidae spp.", "PE", {"term": "SKI"}, SPECIES),
    ("Geoemydidae spp.", "VN", {"term": "LIV", "purpose": "T"}, SPECIES),
    ("Testudines spp.", "VN", {"term": "LIV", "purpose": "T", "source": "C"}, SILENT),
    ("Felidae spp.", "TZ", {"term": "BON", "purpose": "T"}, SPECIES),
    ("Crocodylia spp.", "EG", {"term": "SKI", "purpose": "T"}, SPECIES),
    ("Rhinopristiformes spp.", "ID", {"term": "FIN", "purpose": "T"}, SPECIES),
    ("Psittaciformes spp.", "BR", {"term": "LIV", "purpose": "T"}, SILENT),
    ("Phelsuma spp.", "MG", {"term": "LIV", "purpose": "T"}, SILENT),
])  # fmt: skip
def test_line_for_a_higher_taxon_of_annotated_animals_is_referred_if_an_annotation_may_apply(
    taxon: str, country: str, goods: dict[str, Any], expected: str
) -> None:
    severity = "refer" if expected == SPECIES else "note"
    assert rules_found(facts(), country=country, taxon=taxon, **goods) == {expected: severity}


@pytest.mark.parametrize(("taxon", "country", "goods", "expected"), [
    ("Loxodonta africanna", "NA", {"term": "TUS", "purpose": "T"}, SPECIES),
    ("Loxodontha africana", "NA", {"term": "TUS", "purpose": "T"}, SPECIES),
    ("Loxodonta africanna", "NA", {"term": "TRO", "purpose": "H"}, SILENT),
    ("Vicugna vicuna", "PE", {"term": "SKI"}, SPECIES),
    ("Loxodonta cyclotis", "NA", {"term": "TUS", "purpose": "T"}, SILENT),
    ("Cuora amboinensis", "VN", {"term": "LIV", "purpose": "T"}, SILENT),
])  # fmt: skip
def test_line_for_a_nearly_annotated_name_that_no_list_has_is_referred(
    taxon: str, country: str, goods: dict[str, Any], expected: str
) -> None:
    severity = "refer" if expected == SPECIES else "note"
    assert rules_found(facts(), country=country, taxon=taxon, **goods) == {expected: severity}


def test_line_for_a_listed_species_with_a_near_name_is_no_misspelt_one() -> None:
    name = "Cuora panni"
    listed = facts(listing(Population(appendix="II"), name=name), called=name)
    goods: dict[str, Any] = {"taxon": name, "country": "CN", "term": "LIV", "purpose": "T"}
    assert rules_found(listed, **goods) == {}
    assert rules_found(facts(), **goods) == {SPECIES: "refer"}


def test_line_for_a_genus_in_appendix_one_needs_no_species_for_the_annotation() -> None:
    stated: dict[str, Any] = {"taxon": "Loxodonta spp.", "term": "TUS"}
    assert rules_found(facts(), "export import", "I", "ZW", **stated) == {SILENT: "note"}
    assert rules_found(facts(), "pre_convention", "II", "ZW", **stated) == {SILENT: "note"}


@pytest.mark.parametrize(("line", "item", "expected"), [
    ("Felidae spp.", "Panthera spp.", {SPECIES: "refer"}),
    ("Panthera spp.", "Felidae spp.", {SPECIES: "refer"}),
    ("Felidae spp.", None, {SPECIES: "refer"}),
    ("Felidae spp.", "Lynx spp.", {SILENT: "note"}),
    ("Felidae spp.", "Lynx rufus", {SILENT: "note"}),
])  # fmt: skip
def test_annotated_animals_of_a_higher_taxon_are_those_that_line_and_item_may_mean(
    line: str, item: str | None, expected: dict[str, str]
) -> None:
    terms = {"purpose": "T", "export_country": "TZ", "issuer": "TZ"}
    stated = permit("export", terms=terms, taxon=line, term="BON", source="W", origin_country="TZ")
    more: dict[str, Any] = {"term": "BON", "source": "W", "purpose": "T", "origin_country": "TZ"}
    found = findings([stated], facts(), taxon=item, export_country="TZ", **more)
    assert {one.rule: one.severity for one in found if one.rule in UNCLEAR_RULES} == expected


def test_annotated_animal_is_found_by_its_genus_and_its_order() -> None:
    table = load_annotations()
    below = table.animals_by_higher_taxon
    named = {name for name in table.animals if name.count(" ") < 2}
    assert {name for some in below.values() for name in some} == named
    assert all(name in below[name.split()[0]] for name in named if " " in name)
    assert named == {name for key in ORDERS for name in below[key]}
