"""Hybrids and propagated plants under the listing of a new hub and under a whole index."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.reference import names
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.store.species_listings import load_listings
from shared.cites.annotations import Effect, Specimen
from tests.days import today
from tests.permits.reference_files import index_csv, load_content, taxon_row
from tests.permits.sample_data import (
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)

Y900 = [{"type": "Y900", "number": "NA"}]
PEDIGREE, UNVERIFIED = "CITES-Conf-10.17-pedigree", "unverified"
NO_EXPORT_DOCUMENT = "CITES-IV-export-document"
BENGAL = "Felis catus x Prionailurus bengalensis"
SLIPPER, SLIPPER_HYBRID = "Paphiopedilum rothschildianum", "Paphiopedilum rothschildianum × Paphiopedilum delenatii"


def severities(found: dict[str, Any]) -> dict[str, str]:
    """Return the severity of each finding, by rule."""
    return {finding["rule"]: finding["severity"] for finding in found["findings"]}


async def lodge_animal(db: AsyncEngine, taxon: str, **stated: Any) -> dict[str, Any]:
    """Lodge a live pet of this taxon without a permit."""
    goods = {"taxon": taxon, "term": "LIV", "source": "C", "purpose": "P", "documents": [], **stated}
    return await lodge_declaration(db, declaration(item(permit_content(), "1", **goods)))


@pytest.mark.parametrize(("taxon", "stated", "status", "rule"), [
    (BENGAL, {"documents": Y900}, "referred", PEDIGREE),
    ("Prionailurus bengalensis × Felis catus", {"documents": Y900}, "referred", PEDIGREE),
    ("Canis lupus × Canis lupus familiaris", {"documents": Y900}, "referred", PEDIGREE),
    ("Panthera leo × Panthera tigris", {"documents": Y900}, "referred", PEDIGREE),
    ("Felis catus hybrid", {"documents": Y900}, "referred", PEDIGREE),
    (BENGAL, {}, "rejected", NO_EXPORT_DOCUMENT),
    (BENGAL, {"description": "Bengal cat, F2"}, "rejected", NO_EXPORT_DOCUMENT),
    (BENGAL, {"description": "Bengal cat, F5"}, "referred", PEDIGREE),
    (f"{BENGAL} F10", {}, "referred", PEDIGREE),
    ("Panthera leo × Panthera tigris", {}, "rejected", "CITES-III-export-document"),
    ("Felis catus × Leptailurus ignotus", {"documents": Y900}, "referred", UNVERIFIED),
    ("Nemo nusquam × Nemo alienus", {"documents": Y900}, "referred", UNVERIFIED),
    ("Felis catus", {"documents": Y900}, "accepted", None),
])  # fmt: skip
async def test_hybrid_animal_is_treated_as_its_strictest_parent(
    permits_db: AsyncEngine, taxon: str, stated: dict[str, Any], status: str, rule: str | None
) -> None:
    found = await lodge_animal(permits_db, taxon, **stated)
    assert found["status"] == status, found["findings"]
    assert rule is None or rule in severities(found)


async def test_hybrid_animal_under_a_whole_index_is_no_cites_goods_only_without_a_listed_parent(
    permits_db: AsyncEngine,
) -> None:
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus primus")]))
    for taxon, status in (
        ("Felis catus × Inventus primus", "referred"), ("Nemo nusquam × Inventus primus", "referred"),
        ("Felis catus × Nemo nusquam", "accepted"), ("Nemo nusquam × Nemo alienus", "accepted"),
    ):  # fmt: skip
        assert (await lodge_animal(permits_db, taxon, documents=Y900))["status"] == status, taxon


async def _listings(db: AsyncEngine, *taxa: str) -> Listings:
    async with db.connect() as conn:
        return await load_listings(conn, taxa)


@pytest.mark.parametrize(("taxon", "country", "appendices"), [
    (BENGAL, "GB", {"I", "II"}), ("Felis catus × Panthera tigris", "GB", {"I"}),
    ("Panthera leo × Panthera tigris", "ZA", {"I"}), ("Falco cherrug × Falco rusticolus", "GB", {"I"}),
    ("Canis lupus × Canis lupus familiaris", "US", {"II"}), ("Canis lupus × Canis lupus familiaris", "IN", {"I"}),
    ("Ara ararauna × Ara macao", "BR", {"I"}), ("Ara ararauna × Nemo nusquam", "BR", {"II"}),
])  # fmt: skip
async def test_hybrid_has_the_stricter_appendix_of_its_parents(
    permits_db: AsyncEngine, taxon: str, country: str, appendices: set[str]
) -> None:
    known = await _listings(permits_db, taxon)
    assert known.listing_status(taxon, today(), country).appendices == appendices


@pytest.mark.parametrize(("taxon", "term", "source", "coverage"), [
    (SLIPPER_HYBRID, "FLO", "A", Effect.EXCLUDED), (SLIPPER_HYBRID, "SEE", "A", Effect.EXCLUDED),
    (SLIPPER_HYBRID, "CUL", "A", Effect.EXCLUDED), ("Paphiopedilum hybrid", "FLO", "A", Effect.EXCLUDED),
    (SLIPPER_HYBRID, "LIV", "A", Effect.INCLUDED), (SLIPPER_HYBRID, "FLO", "W", Effect.INCLUDED),
    (SLIPPER, "FLO", "A", Effect.INCLUDED),
])  # fmt: skip
async def test_seeds_flowers_and_cultures_of_propagated_hybrids_are_excluded(
    permits_db: AsyncEngine, taxon: str, term: str, source: str, coverage: Effect
) -> None:
    known = await _listings(permits_db, taxon)
    specimen = Specimen(term=term, source=source, purpose="T")
    assert known.listing_status(taxon, today(), "NL", specimen=specimen).coverage is coverage


async def lodge_orchids(
    db: AsyncEngine, taxon: str, *, source: str, purpose: str, appendix: str = "I", **permit: Any
) -> dict[str, Any]:
    """Lodge live orchids that come with an endorsed document of this kind."""
    goods = line(taxon=taxon, appendix=appendix, source=source, term="LIV", quantity="10")
    content = permit_content(goods, purpose=purpose, **permit)
    await endorse_permit(db, await issue_permit(db, content), A="10")
    return await lodge_declaration(
        db, declaration(item(content, "10", taxon=taxon, source=source, term="LIV", purpose=purpose))
    )


@pytest.mark.parametrize(("taxon", "source", "purpose", "appendix", "status", "rules"), [
    (SLIPPER, "A", "T", "I", "accepted", {"CITES-VII.4-propagated": "note"}),
    (SLIPPER, "A", "T", "II", "accepted", {}),
    (SLIPPER, "D", "T", "I", "accepted", {}),
    (SLIPPER, "W", "T", "I", "rejected", {"CITES-III.3-import-permit": "block", "CITES-III.3(c)": "block"}),
    (SLIPPER, "A", "P", "I", "rejected", {"CITES-III.3-import-permit": "block"}),
    ("Panthera tigris", "C", "T", "I", "rejected", {"CITES-III.3-import-permit": "block", "CITES-III.3(c)": "block"}),
    (SLIPPER_HYBRID, "A", "P", "I", "accepted", {}),
    (SLIPPER_HYBRID, "A", "P", "II", "accepted", {}),
    (SLIPPER_HYBRID, "W", "P", "I", "rejected", {"CITES-III.3-import-permit": "block"}),
    ("Paphiopedilum hybrid", "A", "P", "I", "accepted", {}),
])  # fmt: skip
async def test_propagated_plants_of_appendix_one_need_the_documents_of_appendix_two(
    permits_db: AsyncEngine,
    taxon: str,
    source: str,
    purpose: str,
    appendix: str,
    status: str,
    rules: dict[str, str],
) -> None:
    found = await lodge_orchids(permits_db, taxon, source=source, purpose=purpose, appendix=appendix)
    assert (found["status"], severities(found)) == (status, rules)


async def test_propagated_hybrid_of_appendix_one_may_have_a_certificate(permits_db: AsyncEngine) -> None:
    found = await lodge_orchids(permits_db, SLIPPER_HYBRID, source="A", purpose="P", kind="captive_bred")
    assert (found["status"], severities(found)) == ("accepted", {})


@pytest.mark.parametrize(("name", "hybrid", "unnamed"), [
    ("Felis catus × Prionailurus bengalensis", True, False), ("Felis catus x bengalensis", True, False),
    ("Felis catus hybrid", True, True), ("Paphiopedilum hybrids", True, True), ("×Brassocattleya", True, False),
    ("Felis catus", False, False), ("Paphiopedilum spp.", False, False),
])  # fmt: skip
def test_hybrid_name_has_a_cross_or_the_word_hybrid(name: str, hybrid: bool, unnamed: bool) -> None:
    assert (names.is_hybrid(name), names.has_unnamed_parent(name)) == (hybrid, unnamed)
