"""The reference tables give the meaning of each code."""

import pytest

from services.permits.api.reference import TABLES
from shared.cites.codes import TERM_CODES
from shared.contracts.views.reference import Code


@pytest.mark.parametrize("table", ["purposes", "sources", "kinds", "terms"])
def test_code_in_a_reference_table_has_a_name(table: str) -> None:
    rows = TABLES[table]()
    names_by_code = {row.code: row.name for row in rows}
    assert len(names_by_code) == len(rows) and all(names_by_code.values()), table


def test_term_lists_the_dimensions_of_its_quantity() -> None:
    terms = {row.code: row for row in TABLES["terms"]()}
    assert terms.keys() == TERM_CODES
    assert terms["SKI"] == Code(code="SKI", name="skin", dimensions=("count",))
    assert terms["SHO"] == Code(code="SHO", name="pair of shoes", dimensions=())
