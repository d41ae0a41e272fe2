"""Re-export certificates: the permit of origin, or the reason in its place."""

from typing import Any

import pytest

from shared.contracts.closed_sets import Severity
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import findings_of

REASON = "CITES-box-12-reason"


@pytest.mark.parametrize(("line", "terms", "expected"), [
    ({"origin_permit": "ZW-7", "origin_date": "2020-01-01"}, {}, None),
    ({"origin_reason": "old stock"}, {}, "old stock"),
    ({"origin_permit": "pre-Convention"}, {}, "pre-Convention"),
    ({}, {"special_conditions": "stock of the year 1989"}, "stock of the year 1989"),
])  # fmt: skip
def test_reason_in_place_of_the_permit_of_origin_is_a_note(
    line: dict[str, Any], terms: dict[str, Any], expected: str | None
) -> None:
    found = findings_of(permit("re_export", origin_country="ZW", **line, terms=terms), origin_country="ZW")
    notes = {one.found: one.severity for one in found if one.rule == REASON}
    assert notes == ({expected: Severity.NOTE} if expected else {})
