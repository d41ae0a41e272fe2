"""The table of HS codes: its rows, and the row that decides about a code."""

import re
from datetime import date

import pytest

from shared.cites.hs_codes import HsConcern, HsRow, HsTable, build_hs_table, built_in_hs_table, list_built_in_rows
from tests.days import FIXED_DAY

CHAPTERS_OF_ANIMALS_AND_PLANTS = "01 02 03 05 06 41 42 43 44 92 94"


def _row(code: str, concern: HsConcern = HsConcern.POSSIBLE, since: date = FIXED_DAY, until: date = date.max) -> HsRow:
    return HsRow(code=code, concern=concern, reason="as an example", since=since, until=until)


def _decides(table: HsTable, code: str) -> str | None:
    row = table.find(code, FIXED_DAY)
    return None if row is None else row.code


def test_built_in_row_has_a_code_of_the_harmonized_system_and_a_reason() -> None:
    rows = list_built_in_rows()
    assert len({row.code for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch("[0-9]{2,6}", row.code) and row.reason[:1].isupper() and row.reason[-1] != ".", row


def test_chapter_of_animals_or_plants_has_a_row_for_all_its_goods() -> None:
    table = built_in_hs_table()
    for chapter in CHAPTERS_OF_ANIMALS_AND_PLANTS.split():
        row = table.find(chapter + "99", FIXED_DAY)
        assert row is not None and row.code[:2] == chapter and row.concern is not HsConcern.NONE


@pytest.mark.parametrize(
    ("code", "concern"),
    [
        ("01012100", "possible"), ("01061100", "likely"), ("01051111", "none"), ("03057100", "likely"),
        ("03036310", "none"), ("03061792", "none"), ("03078200", "likely"), ("05071000", "likely"),
        ("06031100", "none"), ("12112000", "likely"), ("16043100", "likely"), ("16041400", "none"),
        ("21069092", "possible"), ("30049000", "possible"), ("30042000", "none"), ("33012990", "possible"),
        ("41032000", "likely"), ("42022100", "possible"), ("43039000", "possible"), ("44079220", "none"),
        ("44072110", "likely"), ("44151010", "possible"), ("90031900", "possible"), ("92021000", "possible"),
        ("92079010", "possible"), ("94036010", "possible"), ("96019000", "likely"), ("97052900", "likely"),
        ("03034100", "none"), ("03046200", "possible"), ("03038990", "possible"), ("03047410", "none"),
        ("03044310", "none"), ("03028910", "possible"), ("42022210", "none"), ("42029110", "possible"),
        ("62034110", "possible"), ("61159400", "possible"), ("62034311", None), ("95079000", "possible"),
        ("95071000", None), ("97061000", "possible"), ("99050000", "possible"), ("77000000", "possible"),
    ],
)  # fmt: skip
def test_built_in_table_decides_about_goods_of_trade(code: str, concern: str | None) -> None:
    row = built_in_hs_table().find(code, FIXED_DAY)
    assert (row and row.concern) == concern


@pytest.mark.parametrize("code", ["87032319", "84713000", "61091000", "39269097", "27101943", "22083030", "10059000"])
def test_built_in_table_has_no_row_about_goods_of_other_materials(code: str) -> None:
    assert built_in_hs_table().find(code, FIXED_DAY) is None


def test_row_with_the_longest_code_decides() -> None:
    table = build_hs_table([_row("44"), _row("4415", HsConcern.NONE), _row("44151010")])
    assert [_decides(table, code) for code in ("44151010", "44151090", "441600", "450100")] == [
        "44151010", "4415", "44", None,
    ]  # fmt: skip


def test_code_of_few_digits_includes_a_part_that_may_be_listed() -> None:
    table = build_hs_table([_row("210690"), _row("21069092", HsConcern.NONE), _row("3004", HsConcern.NONE)])
    assert [_decides(table, code) for code in ("2106", "210610", "210690", "21069092", "3004")] == [
        "210690", None, "210690", "21069092", "3004",
    ]  # fmt: skip
    assert _decides(build_hs_table([_row("2106", HsConcern.NONE), _row("210690")]), "2106") == "210690"


def test_row_decides_only_on_its_days() -> None:
    ended = _row("9601", since=date(2022, 1, 1), until=FIXED_DAY)
    assert build_hs_table([ended]).find("960190", FIXED_DAY) is None
    assert build_hs_table([ended, _row("9601", HsConcern.LIKELY)]).find("960190", FIXED_DAY) == _row(
        "9601", HsConcern.LIKELY
    )
