"""A code of customs for several or unknown countries contradicts no permit, so an officer decides."""

from typing import Any

import pytest

from services.permits.domain.reference.listings import Population
from shared.cites.customs_countries import UNCERTAIN_COUNTRIES
from shared.contracts.closed_sets import Severity
from tests.permits.domain.rules.test_requirements import facts, listing, permit
from tests.permits.rule_scenarios import PERMIT, findings_of

SPLIT = facts(listing(Population(appendix="II", countries=frozenset({"ZA"})), Population(appendix=None)))
FROM_SEA = permit("export", origin_country="ZZ")


def _found(*cited: Any, **more: Any) -> dict[str, Severity]:
    return {one.rule: one.severity for one in findings_of(*cited, **more)}


@pytest.mark.parametrize("code", sorted(UNCERTAIN_COUNTRIES))
def test_uncertain_country_of_origin_is_referred(code: str) -> None:
    assert _found(PERMIT, origin_country=code) == {"CITES-box-12-origin": "refer"}


@pytest.mark.parametrize("code", sorted(UNCERTAIN_COUNTRIES))
def test_uncertain_country_of_export_or_import_is_referred(code: str) -> None:
    for field in ("export_country", "import_country"):
        found = findings_of(PERMIT, shipment={field: code})
        assert [(one.rule, one.severity, one.pointer) for one in found] == [
            ("CITES-box-3-4-country-certain", "refer", f"/{field}")
        ]
    assert _found(PERMIT, shipment={"export_country": "NA"}) == {"CITES-box-4-export-country": "block"}


def test_uncertain_origin_of_a_split_listing_without_a_permit_is_referred() -> None:
    assert _found(known=SPLIT, origin_country="QU") == {"split-listing": "refer"}
    assert _found(known=SPLIT, origin_country="NA") == {}
    assert _found(known=SPLIT, origin_country="ZA") == {"CITES-IV-export-document": "block"}


def test_high_seas_of_customs_are_those_of_trade_records() -> None:
    assert _found(FROM_SEA, origin_country="QP") == _found(FROM_SEA, origin_country="ZZ") == {}
