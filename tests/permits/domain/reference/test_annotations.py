"""Annotations: the Appendix of a specimen by term, purpose and country, and the parts of plants that are included."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.permits.domain.reference import names
from services.permits.domain.reference.annotations import is_deemed_appendix_one
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from shared.cites.annotations import Effect, Specimen
from shared.contracts.closed_sets import MatchKind
from tests.permits.domain.rules.test_requirements import LONG_AGO

DAY = date(2026, 11, 9)
DEEMED = (
    "Included in Appendix II for the exclusive purpose of allowing trade in fibre. All other specimens shall be "
    "<i>deemed to be</i> specimens of species included in Appendix I and regulated accordingly."
)
SOUTHERN_RHINO = "Ceratotherium simum simum"
TO_CN, TO_ZM = {"import_country": "CN"}, {"import_country": "ZM"}


def split(second: str, *countries: str) -> tuple[Population, ...]:
    """Return parts of Appendix I, and of another Appendix for some countries."""
    return Population(appendix=second, countries=frozenset(countries)), Population(appendix="I")


PARTS = {
    "Ceratotherium simum": split("II", "NA", "SZ", "ZA"),
    "Ceratotherium simum simum": split("II", "NA", "SZ", "ZA"),
    "Loxodonta africana": split("II", "BW", "NA", "ZA", "ZW"),
    "Vicugna vicugna": split("II", "AR", "BO", "CL", "EC", "PE"),
}
TWO = (Population(appendix="II"),)


def listings(
    name: str,
    parts: tuple[Population, ...] = TWO,
    *,
    kind: MatchKind = MatchKind.ACCEPTED,
    lineage: tuple[str, ...] = (),
    annotation: str = "",
    symbol: str = "",
) -> Listings:
    """Return the listing of one taxon with these parts."""
    one = Listing(
        taxon_id="1",
        name=name,
        author="",
        rank="SPECIES",
        parts=parts,
        since=LONG_AGO,
        lineage=lineage,
        annotation=annotation,
        symbol=symbol,
    )
    return Listings(matches={name: (ListingMatch(listing=one, kind=kind, key=names.key(name)),)})


def status(name: str, country: str, day: date = DAY, **codes: Any) -> ListingStatus:
    """Return the status of a specimen of an annotated animal."""
    known = listings(name, PARTS.get(name, TWO))
    return known.listing_status(name, day, country, specimen=Specimen(**codes))


@pytest.mark.parametrize(("name", "country", "term", "purpose", "more", "expected"), [
    (SOUTHERN_RHINO, "ZA", "LIV", "T", TO_CN, "II"), (SOUTHERN_RHINO, "ZA", "TRO", "H", {}, "II"),
    (SOUTHERN_RHINO, "ZA", "HOR", "H", {}, "II"), (SOUTHERN_RHINO, "ZA", "SKP", "H", {}, "II"),
    (SOUTHERN_RHINO, "ZA", "HOR", "T", {}, "I"), (SOUTHERN_RHINO, "SZ", "HOP", "S", {}, "I"),
    (SOUTHERN_RHINO, "SZ", "LIV", "Z", TO_CN, "II"), ("Ceratotherium simum", "NA", "TRO", "H", {}, "I"),
    ("Ceratotherium simum", "NA", "HOR", "T", {}, "I"), ("Ceratotherium simum", "NA", "LIV", "Z", TO_CN, "I"),
    ("Ceratotherium simum", "NA", "LIV", "N", TO_ZM, "II"), ("Ceratotherium simum", "NA", "LIV", "T", TO_ZM, "I II"),
    ("Ceratotherium simum", "KE", "LIV", "T", {}, "I"), ("Ceratotherium simum", "ZA", "HOR", "P", {}, "I II"),
    ("Loxodonta africana", "ZW", "TRO", "H", {}, "II"), ("Loxodonta africana", "ZW", "TUS", "H", {}, "II"),
    ("Loxodonta africana", "ZW", "TUS", "T", {}, "I"), ("Loxodonta africana", "ZA", "IVP", "T", {}, "I"),
    ("Loxodonta africana", "BW", "TRO", "T", {}, "I"), ("Loxodonta africana", "BW", "TUS", "P", {}, "I II"),
    ("Loxodonta africana", "BW", "SKI", "T", {}, "II"), ("Loxodonta africana", "ZA", "HAI", "T", {}, "II"),
    ("Loxodonta africana", "ZA", "LPS", "T", {}, "II"), ("Loxodonta africana", "ZW", "LPS", "T", {}, "I"),
    ("Loxodonta africana", "ZW", "LPS", "P", {}, "II"), ("Loxodonta africana", "ZW", "IVC", "P", {}, "II"),
    ("Loxodonta africana", "ZW", "IVC", "T", {}, "I"), ("Loxodonta africana", "BW", "IVC", "P", {}, "I"),
    ("Loxodonta africana", "NA", "IJW", "P", {}, "II"), ("Loxodonta africana", "NA", "IJW", "T", {}, "I"),
    ("Loxodonta africana", "ZW", "LIV", "T", TO_ZM, "II"), ("Loxodonta africana", "ZW", "LIV", "Z", TO_CN, "I II"),
    ("Loxodonta africana", "NA", "LIV", "Z", TO_CN, "I"), ("Loxodonta africana", "ZA", "LIV", "N", TO_ZM, "II"),
    ("Loxodonta africana", "ZA", "MEA", "T", {}, "I"), ("Loxodonta africana", "KE", "TRO", "H", {}, "I"),
    ("Vicugna vicugna", "PE", "FIB", "T", {}, "II"), ("Vicugna vicugna", "PE", "CLO", "T", {}, "II"),
    ("Vicugna vicugna", "BO", "GAR", "P", {}, "II"), ("Vicugna vicugna", "PE", "LIV", "T", {}, "I"),
    ("Vicugna vicugna", "AR", "SKI", "T", {}, "I"), ("Vicugna vicugna", "CL", "MEA", "T", {}, "I"),
    ("Vicugna vicugna", "PE", "OTH", "T", {}, "I II"), ("Chaetophractus nationi", "BO", "LIV", "Z", {}, "I"),
    # Without the term or the purpose, both are possible.
    ("Loxodonta africana", "ZW", None, "T", {}, "I II"), ("Loxodonta africana", "ZW", "TUS", None, {}, "I II"),
    ("Vicugna vicugna", "PE", None, None, {}, "I II"), ("Loxodonta africana", "ZW", "SKI", None, {}, "II"),
])  # fmt: skip
def test_annotation_decides_the_appendix_of_a_specimen(
    name: str, country: str, term: str | None, purpose: str | None, more: dict[str, Any], expected: str
) -> None:
    found = status(name, country, term=term, purpose=purpose, source="W", **more)
    assert sorted(found.appendices, key=str) == expected.split()
    assert found.is_open is (expected == "I II")


def test_annotation_applies_to_a_synonym() -> None:
    [(match,)] = listings("Vicugna vicugna", PARTS["Vicugna vicugna"]).matches.values()
    known = Listings(matches={"Lama vicugna": (replace(match, kind=MatchKind.SYNONYM, key="lama vicugna"),)})
    found = known.listing_status("Lama vicugna", DAY, "PE", specimen=Specimen(term="LIV", purpose="T"))
    assert found.appendices == {"I"}


def test_annotation_has_no_effect_before_its_first_day() -> None:
    codes = {"term": "TRO", "purpose": "H"}
    assert status("Ceratotherium simum", "NA", date(2023, 2, 22), **codes).appendices == {"II"}
    assert status("Ceratotherium simum", "NA", date(2023, 2, 23), **codes).appendices == {"I"}


def test_annotation_of_a_species_has_no_effect_on_a_subspecies_of_appendix_one() -> None:
    known = listings("Ceratotherium simum cottoni", (Population(appendix="I"),), lineage=("ceratotherium simum",))
    found = known.listing_status(
        "Ceratotherium simum cottoni", DAY, "ZA", specimen=Specimen(term="LIV", purpose="Z", import_country="CN")
    )
    assert found.appendices == {"I"}


def test_load_that_has_no_annotated_population_leaves_both_appendices_possible() -> None:
    known = listings("Ceratotherium simum", (Population(appendix="I"),))
    specimen = Specimen(term="LIV", purpose="N", import_country="ZM")
    found = known.listing_status("Ceratotherium simum", DAY, "NA", specimen=specimen)
    assert (sorted(found.appendices, key=str), found.is_open) == (["I", "II"], True)


def test_annotation_that_no_row_explains_leaves_both_appendices_possible() -> None:
    known = listings("Inventus lanatus", split("II", "PE"), annotation=DEEMED)
    for country, expected in (("PE", ["I", "II"]), ("KE", ["I"])):
        found = known.listing_status("Inventus lanatus", DAY, country, specimen=Specimen(term="FIB", purpose="T"))
        assert (sorted(found.appendices, key=str), found.is_open) == (expected, country == "PE")
    assert not is_deemed_appendix_one("deemed to be specimens of species included in Appendix II")


def test_population_without_a_specimen_keeps_its_appendix() -> None:
    known = listings("Loxodonta africana", PARTS["Loxodonta africana"])
    assert known.listing_status("Loxodonta africana", DAY, "ZW").appendices == {"II"}
    assert known.listing_status("Loxodonta africana", DAY, None).appendices == {"I", "II"}


ORCHID, CACTUS, ROSEWOOD = ("orchidaceae",), ("cactaceae",), ("dalbergia", "leguminosae")
IN, OUT, OPEN = Effect.INCLUDED, Effect.EXCLUDED, Effect.OPEN


@pytest.mark.parametrize(("name", "lineage", "term", "source", "country", "expected"), [
    ("Gnetum montanum", (), "SEE", "W", "NP", OUT), ("Gnetum montanum", (), "LVS", "W", "NP", IN),
    ("Rauvolfia serpentina", (), "SEE", "W", "IN", OUT), ("Rauvolfia serpentina", (), "ROO", "W", "IN", IN),
    ("Rauvolfia serpentina", (), "MED", "W", "IN", OPEN), ("Panax quinquefolius", (), "ROO", "A", "US", IN),
    ("Panax quinquefolius", (), "LIV", "A", "US", IN), ("Panax quinquefolius", (), "EXT", "A", "US", OUT),
    ("Panax quinquefolius", (), "SEE", "A", "US", OUT), ("Vanda coerulea", ORCHID, "SEE", "W", "TH", OUT),
    ("Vanda coerulea", ORCHID, "CUL", "A", "TH", OUT), ("Vanda coerulea", ORCHID, "FLO", "A", "TH", OUT),
    ("Vanda coerulea", ORCHID, "FLO", "W", "TH", IN), ("Vanda coerulea", ORCHID, "ROO", "A", "TH", IN),
    ("Vanilla planifolia", ("vanilla", *ORCHID), "FRU", "A", "MG", OUT),
    ("Disa uniflora", ORCHID, "LIV", "A", "ZA", IN),
    ("Vanilla planifolia", ("vanilla", *ORCHID), "EXT", "A", "MG", OPEN),
    ("Echinocactus grusonii", CACTUS, "SEE", "A", "DE", OUT), ("Echinocactus grusonii", CACTUS, "SEE", "A", "MX", IN),
    ("Opuntia ficus-indica", CACTUS, "FRU", "A", "IT", OUT), ("Opuntia ficus-indica", CACTUS, "STE", "A", "IT", OUT),
    ("Opuntia ficus-indica", CACTUS, "FRU", "W", "IT", OPEN), ("Echinocactus grusonii", CACTUS, "STE", "A", "MX", IN),
    ("Dypsis decaryi", (), "SEE", "W", "MG", IN), ("Dypsis decaryi", (), "SEE", "A", "FR", OUT),
    ("Aloe ferox", ("aloe",), "EXT", "W", "ZA", OPEN), ("Aloe arborescens", ("aloe",), "EXT", "W", "ZA", IN),
    ("Euphorbia antisyphilitica", (), "WAX", "W", "MX", OPEN), ("Prunus africana", (), "BAR", "W", "CM", IN),
    ("Prunus africana", (), "SEE", "W", "CM", OUT), ("Gonystylus bancanus", ("gonystylus",), "SAW", "W", "MY", IN),
    ("Swietenia mahagoni", (), "SAW", "W", "HN", IN), ("Swietenia mahagoni", (), "PLY", "W", "HN", OUT),
    ("Swietenia mahagoni", (), "FRN", "W", "HN", OUT), ("Swietenia mahagoni", (), "TIM", "W", "HN", OPEN),
    ("Swietenia macrophylla", (), "PLY", "W", "BR", IN), ("Swietenia macrophylla", (), "WPR", "W", "BR", OUT),
    ("Pterocarpus santalinus", (), "CHP", "W", "IN", IN), ("Pterocarpus santalinus", (), "WPR", "W", "IN", OUT),
    ("Hydrastis canadensis", (), "ROO", "W", "US", IN), ("Hydrastis canadensis", (), "LVS", "W", "US", OUT),
    ("Hoodia gordonii", ("hoodia",), "LIV", "W", "ZA", IN), ("Hoodia gordonii", ("hoodia",), "POW", "A", "ZA", OPEN),
    ("Bulnesia sarmientoi", (), "OIL", "W", "PY", IN), ("Bulnesia sarmientoi", (), "FRN", "W", "PY", OUT),
    ("Aniba rosaeodora", (), "EXT", "W", "BR", IN), ("Aniba rosaeodora", (), "POW", "W", "BR", OUT),
    ("Lodoicea maldivica", (), "KNL", "W", "SC", IN), ("Lodoicea maldivica", (), "LVS", "W", "SC", OUT),
    ("Aquilaria malaccensis", ("aquilaria",), "CHP", "W", "ID", IN),
    ("Aquilaria malaccensis", ("aquilaria",), "LVS", "W", "ID", OUT),
    ("Aquilaria malaccensis", ("aquilaria",), "FRU", "W", "ID", OUT),
    ("Aquilaria malaccensis", ("aquilaria",), "OIL", "W", "ID", OPEN),
    ("Dalbergia latifolia", ROSEWOOD, "SAW", "W", "IN", IN), ("Dalbergia latifolia", ROSEWOOD, "SEE", "W", "IN", OUT),
    ("Dalbergia latifolia", ROSEWOOD, "LVS", "W", "IN", OUT), ("Dalbergia latifolia", ROSEWOOD, "WPR", "W", "IN", OPEN),
    ("Dalbergia latifolia", ROSEWOOD, "CHP", "W", "IN", IN), ("Dalbergia retusa", ROSEWOOD, "CHP", "W", "MX", OUT),
    ("Dalbergia retusa", ROSEWOOD, "SAW", "W", "MX", IN), ("Dalbergia retusa", ROSEWOOD, "WPR", "W", "MX", OUT),
    ("Dalbergia cochinchinensis", ROSEWOOD, "WPR", "W", "LA", IN),
    ("Adansonia grandidieri", (), "OIL", "W", "MG", IN), ("Adansonia grandidieri", (), "BAR", "W", "MG", OUT),
    ("Pericopsis elata", (), "TRW", "W", "CD", IN), ("Pericopsis elata", (), "FRN", "W", "CD", OUT),
    ("Dipteryx odorata", ("dipteryx",), "SEE", "W", "BR", IN), ("Khaya ivorensis", ("khaya",), "SEE", "W", "GH", OUT),
    ("Taxus baccata", (), "LVS", "W", "FR", IN), ("Vanda coerulea", ORCHID, None, "W", "TH", IN),
])  # fmt: skip
def test_annotation_of_a_plant_includes_or_excludes_a_part(
    name: str, lineage: tuple[str, ...], term: str | None, source: str, country: str, expected: Effect
) -> None:
    known = listings(name, lineage=lineage)
    specimen = Specimen(term=term, source=source, purpose="T", export_country=country, import_country="FR")
    assert known.listing_status(name, DAY, country, specimen=specimen).coverage is expected


def coverage(known: Listings, **codes: str) -> Effect:
    """Return the coverage of a part of the only taxon of a listing, from Thailand."""
    [name] = known.matches
    return known.listing_status(name, DAY, "TH", specimen=Specimen(**{"source": "W", **codes})).coverage


def test_part_of_a_plant_in_appendix_one_is_included_except_cultures_of_orchids() -> None:
    one = (Population(appendix="I"),)
    orchid = listings("Paphiopedilum callosum", one, lineage=("paphiopedilum", *ORCHID))
    assert coverage(orchid, term="SEE") is IN
    assert coverage(orchid, term="CUL", source="A") is OUT
    assert coverage(listings("Dalbergia nigra", one, lineage=ROSEWOOD), term="LVS") is IN
    assert coverage(listings("Inventus arboreus", one, symbol="#4"), term="SEE") is IN


def test_excluded_part_of_a_taxon_that_may_be_in_appendix_one_is_open() -> None:
    both = (Population(appendix="II", is_range_known=False), Population(appendix="I", is_range_known=False))
    assert coverage(listings("Aloe incerta", both, lineage=("aloe",)), term="SEE") is OPEN


def test_symbol_of_a_loaded_listing_decides_where_no_row_names_the_taxon() -> None:
    known = listings("Inventus arboreus", symbol="#4")
    assert coverage(known, term="SEE") is OUT
    assert coverage(known, term="ROO") is IN
    assert coverage(listings("Inventus arboreus", symbol="#99"), term="SEE") is IN
    assert coverage(listings("Dalbergia latifolia", lineage=ROSEWOOD, symbol="#4"), term="WPR") is OPEN


def test_hybrid_has_the_annotation_of_its_parents_family() -> None:
    known = listings("Vanda coerulea", lineage=("vanda", *ORCHID))
    [match] = known.matches["Vanda coerulea"]
    hybrid = Listings(matches={"Vanda coerulea x tricolor": (replace(match, kind=MatchKind.HYBRID),)})
    assert coverage(hybrid, term="FLO", source="A") is OUT


@pytest.mark.parametrize(("name", "country", "effects"), [
    ("Panthera leo", "ZA", {"zero", "zero-open"}), ("Panthera leo", "IN", set()), ("Saiga tatarica", "RU", {"zero"}),
    ("Saiga tatarica", "KZ", {"zero-open"}), ("Tursiops truncatus", "UA", {"zero"}),
    ("Tursiops truncatus", "CU", set()),
    ("Cuora pani", "CN", {"zero"}), ("Cuora amboinensis", "ID", set()), ("Orlitia borneensis", "MY", {"zero"}),
    ("Geochelone sulcata", "ML", {"zero"}), ("Crocodylus acutus", "MX", {"zero"}), ("Crocodylus acutus", "CU", set()),
    ("Crocodylus moreletii", "BZ", {"zero"}), ("Crocodylus moreletii", "MX", set()),
    ("Crocodylus niloticus", "EG", {"zero"}), ("Crocodylus niloticus", "ZA", set()),
    ("Crocodylus porosus", "MY", {"zero-open"}), ("Crocodylus porosus", "PH", {"zero"}),
    ("Melanosuchus niger", "EC", {"zero-open"}), ("Melanosuchus niger", "BR", set()),
    ("Abronia aurita", "GT", {"zero"}), ("Laotriton laoensis", "LA", {"zero"}), ("Chelodina mccordi", "ID", {"zero"}),
    ("Batagur trivittata", "MM", {"zero"}), ("Heosemys depressa", "MM", {"zero"}),
    ("Rhina ancylostoma", "IN", {"zero-open"}), ("Lanthanotus borneensis", "MY", {"zero"}),
    ("Agalychnis lemur", "CR", {"zero"}), ("Hylomantis lemur", "PA", {"zero"}), ("Agalychnis callidryas", "CR", set()),
    ("Hypancistrus zebra", "BR", {"zero", "zero-open"}), ("Chaetophractus nationi", "BO", {"zero"}),
])  # fmt: skip
def test_zero_quota_is_known_by_name_and_country_without_a_listing(name: str, country: str, effects: set[str]) -> None:
    assert {row.effect for row in Listings().annotations(name, DAY, country).quotas} == effects
