"""A cited certificate that does not cover its goods: one finding, whose severity follows the law."""

from typing import Any

import pytest

from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from tests.permits.domain.rules.test_certificate_scope import POPPY, known
from tests.permits.domain.rules.test_requirements import findings, permit
from tests.permits.rule_scenarios import findings_of
from tests.permits.sample_data import LINE_OF_KIND, PURPOSE_OF_KIND

TIGER = ("Panthera tigris", "Animalia", ("panthera", "felidae", "carnivora", "mammalia", "animalia"))
TORTOISE = ("Testudo hermanni", "Animalia", ("testudo", "testudinidae", "testudines", "reptilia", "animalia"))
WHALE = ("Balaenoptera physalus", "Animalia", ("balaenoptera", "balaenopteridae", "cetacea", "mammalia", "animalia"))
CAT = ("Felidae spp.", "Animalia", ("carnivora", "mammalia", "animalia"))
IN_I, IN_II = known(TIGER, WHALE), known(TORTOISE, appendix="II")
SCOPE, DOUBT, OWNER = (f"CITES-VII-certificate-{part}" for part in ("scope", "doubt", "owner"))


def cited(kind: str, purpose: str, appendix: str = "I", **goods: Any) -> PermitRecord:
    """Return an endorsed certificate of one line, as an earlier version of the hub may have stored it."""
    terms = {"purpose": purpose, "export_country": export_country(kind)}
    issuer = "FR" if kind == "introduction_from_the_sea" else "ZA"
    return permit(kind, appendix, terms={**terms, "issuer": issuer}, **goods)


def export_country(kind: str) -> str:
    """Return the country of export: the high seas, or the country of the exporter."""
    return "ZZ" if kind == "introduction_from_the_sea" else "ZA"


def severities(kind: str, purpose: str, goods: dict[str, Any], facts: Facts = IN_I) -> dict[str, str]:
    """Return the severity by rule for goods that agree with the cited certificate in every field."""
    certificate = cited(kind, purpose, **{"appendix": "I", **goods})
    stated = {name: value for name, value in goods.items() if name not in {"acquired_on", "appendix"}}
    stated |= {"purpose": purpose, "export_country": export_country(kind)}
    return {one.rule: one.severity for one in findings([certificate], facts, **stated)}


TIGER_SKIN = {"taxon": "Panthera tigris", "source": "W", "term": "SKI"}
MEAT = {"taxon": "Balaenoptera physalus", "source": "X", "term": "MEA", "unit": "kg"}
TUSK = {"taxon": "Loxodonta africana", "source": "O", "underlying_source": "W", "term": "TUS"}


@pytest.mark.parametrize(("kind", "purpose", "goods"), [
    ("captive_bred", "P", TIGER_SKIN), ("captive_bred", "T", TIGER_SKIN),
    ("captive_bred", "Z", TIGER_SKIN | {"source": "F"}),
    ("captive_bred", "T", TIGER_SKIN | {"source": "D"}),
    ("personal_ownership", "T", TIGER_SKIN), ("personal_ownership", "P", TIGER_SKIN),
    ("travelling_exhibition", "Z", TIGER_SKIN | {"term": "LIV"}),
    ("travelling_exhibition", "T", TIGER_SKIN | {"source": "C"}),
    ("sample_collection", "T", TIGER_SKIN), ("musical_instrument", "P", TIGER_SKIN),
    ("introduction_from_the_sea", "T", MEAT), ("introduction_from_the_sea", "S", MEAT | {"source": "W"}),
    ("introduction_from_the_sea", "S", TIGER_SKIN | {"source": "X"}),
    ("pre_convention", "T", TUSK | {"acquired_on": "2026-02-01"}),
])  # fmt: skip
def test_certificate_that_does_not_cover_the_goods_is_blocked_with_one_finding(
    kind: str, purpose: str, goods: dict[str, Any]
) -> None:
    found = severities(kind, purpose, goods)
    assert {rule: one for rule, one in found.items() if one != "note"} == {SCOPE: "block"}


def test_live_tortoises_on_a_musical_instrument_certificate_are_blocked() -> None:
    goods = {"taxon": "Testudo hermanni", "source": "C", "term": "LIV", "appendix": "II"}
    assert severities("musical_instrument", "P", goods, IN_II) == {SCOPE: "block", OWNER: "note"}


@pytest.mark.parametrize(("kind", "purpose", "goods"), [
    ("captive_bred", "T", TIGER_SKIN | {"source": "C"}),
    ("captive_bred", "Z", TIGER_SKIN | {"source": "I", "underlying_source": "C"}),
    ("travelling_exhibition", "E", TIGER_SKIN | {"source": "C"}),
    ("sample_collection", "T", TIGER_SKIN | {"source": "O", "underlying_source": "W"}),
    ("introduction_from_the_sea", "S", MEAT | {"taxon": "Novus piscis"}),
    ("pre_convention", "T", TUSK | {"taxon": "Novus piscis", "acquired_on": "1980-01-01"}),
])  # fmt: skip
def test_certificate_that_may_cover_the_goods_is_referred_with_one_finding(
    kind: str, purpose: str, goods: dict[str, Any]
) -> None:
    found = severities(kind, purpose, goods)
    assert {rule: one for rule, one in found.items() if one != "note"} == {DOUBT: "refer"}


@pytest.mark.parametrize(("kind", "purpose", "goods"), [
    ("captive_bred", "Z", TIGER_SKIN | {"source": "C"}), ("travelling_exhibition", "Q", TIGER_SKIN | {"source": "C"}),
    ("sample_collection", "T", TIGER_SKIN | {"source": "C"}), ("introduction_from_the_sea", "S", MEAT),
    ("pre_convention", "T", TUSK | {"acquired_on": "1974-02-01"}),
])  # fmt: skip
def test_certificate_that_covers_the_goods_replaces_the_permits(kind: str, purpose: str, goods: dict[str, Any]) -> None:
    assert {rule for rule, one in severities(kind, purpose, goods).items() if one != "note"} == set()


def test_phytosanitary_certificate_of_wild_plants_is_blocked() -> None:
    plant = {"taxon": "Novus flos", "term": "LIV", "appendix": "II"}
    assert severities("phytosanitary", "T", {**plant, "source": "W"}, Facts())[SCOPE] == "block"
    assert SCOPE not in severities("phytosanitary", "T", {**plant, "source": "A"}, Facts())


@pytest.mark.parametrize(("origin_country", "doubts"), [("ZA", []), ("NP", ["refer"])])
def test_certificate_of_origin_for_goods_of_another_country_is_referred(origin_country: str, doubts: list[str]) -> None:
    goods = {"taxon": "Meconopsis regia", "source": "W", "appendix": "III", "origin_country": origin_country}
    found = severities("certificate_of_origin", "T", goods, known(POPPY, appendix="III", party="NP"))
    assert [one for rule, one in found.items() if rule == DOUBT] == doubts


def test_finding_names_each_misfit_and_its_law() -> None:
    certificate = cited("personal_ownership", "T", **TIGER_SKIN)
    [found] = [one for one in findings([certificate], IN_I, purpose="T", **TIGER_SKIN) if one.rule == SCOPE]
    assert found.pointer == "/items/0/documents/0/number"
    assert (found.expected, found.found) == (
        "purpose P (personal); term LIV (a living animal)", "personal_ownership: purpose T; term SKI",
    )  # fmt: skip
    assert "Resolution Conf. 10.20" in found.message


def test_declared_lower_taxon_is_compared_under_a_line_for_a_higher_one() -> None:
    facts = known(TIGER, CAT)
    lines = {"taxon": "Felidae spp.", "source": "X", "term": "MEA"}
    certificate = cited("introduction_from_the_sea", "S", **lines)
    found = findings([certificate], facts, purpose="S", export_country="ZZ", **{**lines, "taxon": "Panthera tigris"})
    assert [one.found for one in found if one.rule == SCOPE] == [
        "introduction_from_the_sea: taxon Panthera tigris (habitat: land or freshwater)"
    ]


@pytest.mark.parametrize(("importer", "noted"), [
    ({"name": "A (Pty) Ltd", "country": "FR"}, False), ({"name": "B SARL", "country": "FR"}, True),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["personal_ownership", "musical_instrument", "travelling_exhibition"])
def test_certificate_of_an_owner_notes_another_importer(kind: str, importer: dict[str, str], noted: bool) -> None:
    fields = {"source": "C", **LINE_OF_KIND[kind]}
    certificate = permit(kind, "II", terms={"purpose": PURPOSE_OF_KIND[kind]}, **fields)
    found = findings_of(
        certificate, shipment={"importer": importer}, purpose=PURPOSE_OF_KIND[kind], movement="export", **fields
    )
    assert (OWNER in {one.rule for one in found}) is (noted and kind != "travelling_exhibition")
