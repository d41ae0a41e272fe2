"""The code lists of the reference say what each code means, not only that there is one."""

import pytest

from services.permits.api.reference import TABLES
from shared.cites.codes import TERM_CODES
from shared.contracts.views.reference import Code


@pytest.mark.parametrize("table", ["purposes", "sources", "kinds", "terms"])
def test_each_code_has_a_name(table: str) -> None:
    rows = TABLES[table]()
    told = {row.code: row.name for row in rows}
    assert len(told) == len(rows) and all(told.values()), table


def test_a_term_says_what_it_can_be_stated_in() -> None:
    terms = {row.code: row for row in TABLES["terms"]()}
    assert terms.keys() == TERM_CODES
    assert terms["SKI"] == Code(code="SKI", name="skin", dimensions=("count",))
    assert terms["SHO"] == Code(code="SHO", name="pair of shoes", dimensions=())
