"""Rules about annotations: specimens of Appendix I on permits of Appendix II, zero quotas, parts of plants."""

from dataclasses import replace
from typing import Any

import pytest

from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listings import Population
from tests.permits.domain.rules.test_requirements import facts, findings, listing, permit

BOX_10, COMMERCIAL, IMPORT_I = "CITES-box-10-appendix", "CITES-III.3(c)", "CITES-III.3-import-permit"
OPEN, ZERO, ZERO_OPEN = (f"CITES-Conf-11.21-{name}" for name in ("specimen", "zero-quota", "zero-quota-open"))
PART, EXCLUDED, NOT_CITES = "CITES-Conf-11.21-part", "CITES-I(b)-excluded-part", "not-CITES"
EXPORT_II = "CITES-IV-export-document"
ANIMALS = {
    "Loxodonta africana": ("BW", "NA", "ZA", "ZW"),
    "Ceratotherium simum": ("NA", "SZ", "ZA"),
    "Vicugna vicugna": ("AR", "BO", "CL", "EC", "PE"),
}


def known_animal(name: str) -> Facts:
    """Return facts with the listing of an animal of Appendix II, split if its populations are."""
    countries = ANIMALS.get(name)
    parts = (Population(appendix="II", countries=frozenset(countries)), Population(appendix="I")) if countries else (
        Population(appendix="II"),
    )  # fmt: skip
    return facts(listing(*parts, name=name), called=name)


def rules_found(
    name: str, country: str, kinds: str = "export", appendix: str = "II", *, facts: Facts | None = None, **stated: Any
) -> dict[str, str]:
    """Return the severity by rule of the findings about goods from a country on endorsed permits."""
    goods = {"taxon": name, "source": "W", "term": "SKI", "purpose": "T"} | stated
    line = {name: goods[name] for name in ("taxon", "source", "underlying_source", "term") if name in goods}
    terms = {"purpose": goods["purpose"], "export_country": country}
    issuers = {"import": "FR"}
    permits = [
        permit(kind, appendix, **line, origin_country=country, terms=terms | {"issuer": issuers.get(kind, country)})
        for kind in kinds.split()
    ]
    more = {"export_country": country, "origin_country": country} | goods
    return {one.rule: one.severity for one in findings(permits, facts or known_animal(name), **more)}


@pytest.mark.parametrize(("name", "country", "stated"), [
    ("Loxodonta africana", "ZW", {"term": "TUS"}),
    ("Ceratotherium simum", "ZA", {"term": "HOR"}),
    ("Vicugna vicugna", "PE", {"term": "LIV"}),
])  # fmt: skip
def test_specimen_of_appendix_one_on_a_permit_of_appendix_two_is_blocked_for_trade(
    name: str, country: str, stated: dict[str, Any]
) -> None:
    found = rules_found(name, country, **stated)
    assert {BOX_10: "refer", COMMERCIAL: "block", IMPORT_I: "block"}.items() <= found.items()


@pytest.mark.parametrize(("name", "country", "stated"), [
    ("Loxodonta africana", "ZW", {"term": "TRO", "purpose": "H"}),
    ("Loxodonta africana", "ZA", {"term": "HAI"}),
    ("Ceratotherium simum", "ZA", {"term": "LIV", "purpose": "Z"}),
    ("Ceratotherium simum", "ZA", {"term": "SKP", "purpose": "H"}),
    ("Vicugna vicugna", "PE", {"term": "FIB"}),
])  # fmt: skip
def test_specimen_that_the_annotation_includes_in_appendix_two_has_no_finding(
    name: str, country: str, stated: dict[str, Any]
) -> None:
    assert not {BOX_10, COMMERCIAL, IMPORT_I, OPEN} & rules_found(name, country, **stated).keys()


def test_trophy_of_appendix_one_with_both_permits_has_no_finding() -> None:
    found = rules_found("Ceratotherium simum", "NA", "export import", "I", term="TRO", purpose="H")
    assert not {BOX_10, COMMERCIAL, IMPORT_I, OPEN} & found.keys()


def test_specimen_whose_codes_do_not_decide_is_referred_if_its_permit_is_of_appendix_two() -> None:
    tusk: dict[str, Any] = {"term": "TUS", "purpose": "P"}
    assert rules_found("Loxodonta africana", "BW", **tusk)[OPEN] == "refer"
    assert OPEN not in rules_found("Loxodonta africana", "BW", "export import", "I", **tusk)


def test_annotation_without_a_row_refers_a_permit_of_appendix_two() -> None:
    one = replace(
        listing(Population(appendix="II")),
        annotation="All other specimens shall be deemed to be specimens of species included in Appendix I",
    )
    assert rules_found(one.name, "ZA", facts=facts(one))[OPEN] == "refer"
    assert OPEN not in rules_found(one.name, "ZA", facts=facts(replace(one, annotation="Some text")))


@pytest.mark.parametrize(("name", "country", "stated", "expected"), [
    ("Panthera leo", "ZA", {"term": "BON"}, ZERO),
    ("Panthera leo", "ZA", {"term": "BON", "source": "U"}, ZERO_OPEN),
    ("Panthera leo", "ZA", {"term": "BON", "source": "C"}, None),
    ("Panthera leo", "ZA", {"term": "BON", "source": "I", "underlying_source": "W"}, ZERO_OPEN),
    ("Panthera leo", "ZA", {"term": "BON", "source": "I", "underlying_source": "C"}, None),
    ("Panthera leo", "ZA", {"term": "BON", "source": "O", "underlying_source": "W"}, None),
    ("Panthera leo", "ZA", {"term": "SKU", "purpose": "H"}, None),
    ("Panthera leo", "ZA", {"term": "TRO"}, None),
    ("Cuora pani", "CN", {"term": "LIV"}, ZERO),
    ("Cuora pani", "CN", {"term": "LIV", "source": "C"}, None),
    ("Cuora pani", "CN", {"term": "LIV", "purpose": "S"}, None),
    ("Abronia aurita", "GT", {"term": "LIV", "purpose": "Z"}, ZERO),
    ("Crocodylus porosus", "MY", {}, ZERO_OPEN),
    ("Melanosuchus niger", "EC", {"source": "R"}, ZERO_OPEN),
])  # fmt: skip
def test_zero_quota_blocks_or_refers_by_term_purpose_and_source(
    name: str, country: str, stated: dict[str, Any], expected: str | None
) -> None:
    found = rules_found(name, country, **stated)
    assert {ZERO, ZERO_OPEN} & found.keys() == ({expected} if expected else set())
    assert expected is None or found[expected] == ("block" if expected == ZERO else "refer")


def test_zero_quota_refers_a_re_export() -> None:
    found = findings(
        [permit("re_export", taxon="Cuora pani", source="W", term="LIV", origin_country="CN")],
        known_animal("Cuora pani"),
        taxon="Cuora pani", source="W", term="LIV", purpose="T", origin_country="CN",
    )  # fmt: skip
    assert {ZERO, ZERO_OPEN} & {one.rule for one in found} == {ZERO_OPEN}


def test_zero_quota_applies_to_a_taxon_that_no_listing_has() -> None:
    assert ZERO in rules_found("Orlitia borneensis", "MY", facts=facts(), term="LIV")


@pytest.mark.parametrize("name", ["Rhynchobatus australiae", "Rhina ancylostomus", "Glaucostegus typus"])
def test_zero_quota_of_a_family_applies_to_a_genus_that_no_listing_places(name: str) -> None:
    assert ZERO_OPEN in rules_found(name, "ID", facts=facts(), term="FIN")


@pytest.mark.parametrize(("kind", "name", "country", "stated"), [
    ("sample_collection", "Panthera leo", "ZA", {"term": "BON"}),
    ("personal_ownership", "Abronia aurita", "GT", {"term": "LIV", "purpose": "P"}),
])  # fmt: skip
def test_zero_quota_refers_a_certificate_that_may_cover_wild_specimens(
    kind: str, name: str, country: str, stated: dict[str, Any]
) -> None:
    assert {ZERO, ZERO_OPEN} & rules_found(name, country, kind, **stated).keys() == {ZERO_OPEN}


def test_specimen_whose_codes_do_not_decide_is_referred_if_its_certificate_limits_appendix_one() -> None:
    goods: dict[str, Any] = {"term": "KEY", "purpose": "P"}
    assert rules_found("Loxodonta africana", "ZW", "musical_instrument", **goods)[OPEN] == "refer"
    assert OPEN not in rules_found("Loxodonta africana", "ZW", "pre_convention", **goods)


def test_source_of_a_seized_specimen_comes_from_the_line_if_it_is_not_declared() -> None:
    seized = {"taxon": "Panthera leo", "source": "I", "term": "BON"}
    cited = permit("export", **seized, underlying_source="W", origin_country="ZA")
    found = findings([cited], known_animal("Panthera leo"), **seized, purpose="T", origin_country="ZA")
    assert ZERO_OPEN in {one.rule for one in found}


def plant(name: str, *lineage: str) -> Facts:
    """Return facts with the listing of a plant of Appendix II."""
    return facts(
        replace(listing(Population(appendix="II"), name=name), lineage=lineage, kingdom="Plantae"), called=name
    )


Y900 = [{"type": "Y900", "number": "NA"}]


@pytest.mark.parametrize("documents", [[], Y900])
@pytest.mark.parametrize(("term", "source", "expected"), [
    ("FLO", "A", {EXCLUDED: "note"}),
    ("SEE", "W", {EXCLUDED: "note"}),
    ("FLO", "W", {EXPORT_II: "block"}),
    ("ROO", "A", {EXPORT_II: "block"}),
    (None, "A", {EXPORT_II: "block"}),
])  # fmt: skip
def test_part_without_a_permit_passes_only_if_the_annotation_excludes_it(
    term: str | None, source: str, expected: dict[str, str], documents: list[dict[str, str]]
) -> None:
    known = plant("Vanda coerulea", "vanda", "orchidaceae")
    found = findings([], known, taxon="Vanda coerulea", term=term, source=source, documents=documents)
    assert {one.rule: one.severity for one in found if one.rule != "registered-name"} == expected


def test_part_that_the_term_does_not_decide_is_referred_without_a_permit_only() -> None:
    known = plant("Dalbergia latifolia", "dalbergia")
    goods = {"taxon": "Dalbergia latifolia", "term": "WPR", "source": "W", "purpose": "P"}
    assert {one.rule: one.severity for one in findings([], known, **goods, documents=Y900)}.items() >= {
        PART: "refer"
    }.items()
    cited = permit("export", taxon="Dalbergia latifolia", term="WPR", source="W", terms={"purpose": "P"})
    assert not {PART, EXCLUDED, BOX_10} & {one.rule for one in findings([cited], known, **goods)}


def test_excluded_part_on_a_permit_is_checked_as_usual() -> None:
    cited = permit("export", taxon="Vanda coerulea", term="SEE", source="A")
    known = plant("Vanda coerulea", "vanda", "orchidaceae")
    found = findings([cited], known, taxon="Vanda coerulea", term="SEE", source="A")
    assert not {PART, EXCLUDED, BOX_10, EXPORT_II} & {one.rule for one in found}


def test_excluded_part_of_a_split_listing_passes() -> None:
    parts = (Population(appendix="II", is_range_known=False), Population(appendix=None, is_range_known=False))
    known = facts(replace(listing(*parts, name="Panax ginseng"), kingdom="Plantae"), called="Panax ginseng")
    for term, expected in (("EXT", EXCLUDED), ("ROO", "split-listing")):
        found = findings([], known, taxon="Panax ginseng", term=term, source="A", documents=Y900)
        assert {one.rule for one in found} & {EXCLUDED, "split-listing"} == {expected}


def test_certificate_of_personal_ownership_is_not_asked_for_the_specimen() -> None:
    tusk: dict[str, Any] = {"term": "TUS", "purpose": "P"}
    assert OPEN not in rules_found("Loxodonta africana", "BW", "personal_ownership", **tusk)
    assert OPEN in rules_found("Loxodonta africana", "BW", "export", **tusk)
