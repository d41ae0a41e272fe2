"""Codes of customs messages in place of a country."""

import pytest

from shared.cites.customs_countries import CUSTOMS_COUNTRIES, UNCERTAIN_COUNTRIES, is_same_country
from shared.cites.time_zones import country_codes, declared_country_codes


def test_code_of_customs_is_a_country_of_a_declaration_and_of_no_permit() -> None:
    assert CUSTOMS_COUNTRIES.keys() <= declared_country_codes()
    assert not CUSTOMS_COUNTRIES.keys() & country_codes()
    assert declared_country_codes() >= UNCERTAIN_COUNTRIES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("ZA", "ZA", True), ("QP", "ZZ", True), ("XZ", "QP", True), ("QU", "QV", False), ("QU", "ZA", False)],
)
def test_code_of_the_high_seas_means_the_same_in_customs_and_trade_records(one: str, other: str, same: bool) -> None:
    assert is_same_country(one, other) is same
