"""An item without taxon and document: its HS code says whether a species is missing."""

from dataclasses import replace
from typing import Any

import pytest

from services.permits.domain.checks.check import check
from shared.cites.hs_codes import HsConcern, HsRow, build_hs_table
from shared.contracts.closed_sets import Severity
from shared.contracts.declaration import NormalizedDeclaration
from tests.days import FIXED_DAY
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import APPENDIX_I, NO_LISTINGS, PERMIT, findings_of, received_declaration

Y900 = [{"type": "Y900"}]
UNDESCRIBED: dict[str, Any] = {"taxon": None, "term": None, "source": None, "known": NO_LISTINGS}


def _found(**goods: Any) -> dict[str, Severity]:
    return {one.rule: one.severity for one in findings_of(**{**UNDESCRIBED, **goods})}


def _national(code: str, concern: HsConcern, country: str = "FR") -> HsRow:
    return HsRow(code=code, concern=concern, reason="as an example", since=FIXED_DAY, country=country)


def _with_rows(*rows: HsRow) -> Any:
    by_country = {row.country: build_hs_table(one for one in rows if one.country == row.country) for row in rows}
    return replace(NO_LISTINGS, hs_tables=by_country)


@pytest.mark.parametrize("code", ["87032319", "8471", "0105110019"])
def test_item_whose_hs_code_has_no_listed_species_is_not_concerned(code: str) -> None:
    assert _found(hs_code=code) == {"not-concerned": "note"}
    assert _found(hs_code=code, documents=Y900) == {"not-concerned": "note"}


@pytest.mark.parametrize("code", ["44151010", "4103200000", "2106", "9905"])
def test_item_that_may_be_listed_is_referred_with_the_question_for_its_species(code: str) -> None:
    [finding] = findings_of(**UNDESCRIBED, hs_code=code)
    assert (finding.rule, finding.severity, finding.pointer) == ("taxon-stated", "refer", "/items/0/taxon")
    assert "which species" in finding.message and f"HS code {code}" in finding.message


def test_statement_y900_is_enough_where_few_goods_are_listed() -> None:
    assert _found(hs_code="44151010", documents=Y900) == {"not-CITES-by-statement": "note"}
    assert _found(hs_code="41032000", documents=Y900) == {"taxon-stated": "refer"}
    assert _found(documents=Y900) == {"taxon-stated": "refer"}


def test_finding_expects_only_answers_that_are_enough() -> None:
    expected = {code: findings_of(**UNDESCRIBED, hs_code=code)[0].expected for code in ("44151010", "41032000", None)}
    assert expected == {
        "44151010": "the taxon, or code Y900",
        "41032000": "the taxon, and code Y900 if the goods are not CITES",
        None: "the taxon, or the HS code",
    }


def test_item_that_states_a_term_or_a_source_is_referred_whatever_its_hs_code() -> None:
    for stated in ({"term": "TUS"}, {"source": "W"}):
        assert _found(hs_code="87032319", **stated) == {"taxon-stated": "refer"}
        assert _found(hs_code="44151010", documents=Y900, **stated) == {"taxon-stated": "refer"}


def test_item_with_a_taxon_is_checked_by_its_listing_whatever_its_hs_code() -> None:
    assert "CITES-III-export-document" in _found(hs_code="87032319", taxon="Inventus probatus", known=APPENDIX_I)
    assert _found(hs_code="87032319", taxon="Nemo nusquam") == {"unverified": "refer"}


def test_item_that_cites_a_document_is_never_not_concerned() -> None:
    cited = findings_of(PERMIT, taxon=None, hs_code="87032319")
    assert "not-concerned" not in {one.rule for one in cited}
    unknown = [{"number": "ZA-0", "issuer": "ZA"}]
    assert _found(hs_code="87032319", documents=unknown) == {"CITES-VI.1-permit-known": "block"}
    supporting = findings_of(permit("import"), movement="export", taxon=None, hs_code="87032319")
    assert "not-concerned" not in {one.rule for one in supporting}


def test_item_with_a_document_that_nobody_presents_is_referred() -> None:
    declaration = received_declaration(**UNDESCRIBED, hs_code="87032319")
    absent = {"pointer": "/items/0/documents", "source": "C400 with status XA: no such document is presented"}
    content = NormalizedDeclaration.model_validate({**declaration.content.model_dump(), "repairs": [absent]})
    found = check(replace(declaration, content=content), {}, NO_LISTINGS).findings
    assert {one.rule for one in found if one.severity == "refer"} == {"taxon-stated"}


def test_row_of_the_deciding_country_decides_before_the_built_in_row() -> None:
    for country, listed in (("FR", {"not-concerned": "note"}), ("ZA", {"taxon-stated": "refer"})):
        known = _with_rows(_national("4415", HsConcern.NONE, country))
        assert _found(hs_code="44151010", known=known) == listed, country
    everywhere = _with_rows(_national("8703", HsConcern.POSSIBLE, ""))
    assert _found(hs_code="87032319", known=everywhere) == {"taxon-stated": "refer"}
    both = _with_rows(_national("8703", HsConcern.POSSIBLE, ""), _national("87", HsConcern.NONE))
    assert _found(hs_code="87032319", known=both) == {"not-concerned": "note"}


def test_row_of_the_country_of_export_decides_about_an_export() -> None:
    known = _with_rows(_national("4415", HsConcern.NONE, "ZA"))
    assert _found(hs_code="44151010", movement="export", known=known) == {"not-concerned": "note"}
