"""Load HS codes of countries, and check declarations by them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from services.permits.actions.reference.load_list import LoadMode
from shared.problems import Invalid
from tests.days import today
from tests.permits.reference_files import load_content, load_order, load_ordered, report_counts

HEADER = "country,hs_code,concern,reason\n"
CASES = HEADER + "FR,4415.10,none,Packing cases of fir\nALL,870323,Possible,Cars with seats of leather\n"


async def _decisive(db: AsyncEngine, code: str, country: str = "FR", **when: Any) -> str | None:
    found = await read.find_hs_code(db, code, country, when.get("day", today()))
    return f"{found[0].hs_code} {found[0].concern} {found[0].list_source}" if found else None


async def test_loaded_hs_codes_decide_before_the_built_in_ones(permits_db: AsyncEngine) -> None:
    assert await _decisive(permits_db, "44151010") == "44 possible built_in"
    report = await load_content(permits_db, CASES, "hs-codes")
    assert report_counts(report) == {"taken": 2, "repaired": 1, "added": 2}
    assert [(note["line"], note["code"]) for note in report["repairs"]] == [(2, "hs-code-written-otherwise")]
    assert await _decisive(permits_db, "44151010") == "441510 none loaded"
    assert await _decisive(permits_db, "44151010", "ZA") == "44 possible built_in"
    assert await _decisive(permits_db, "87032319", "ZA") == "870323 possible loaded"
    assert await _decisive(permits_db, "84713000") is None


async def test_load_of_hs_codes_that_only_reports_stores_no_row(permits_db: AsyncEngine) -> None:
    report = await load_ordered(permits_db, CASES, load_order(mode=LoadMode.REPORT), "hs-codes")
    assert report["dry_run"] and report["added"] == 2
    assert await _decisive(permits_db, "44151010") == "44 possible built_in"


async def test_file_of_hs_codes_is_the_whole_list_from_its_day(permits_db: AsyncEngine) -> None:
    day = today()
    await load_content(permits_db, CASES, "hs-codes", day - timedelta(days=2))
    assert report_counts(await load_content(permits_db, CASES, "hs-codes", day - timedelta(days=1)))["unchanged"] == 2
    report = await load_content(permits_db, HEADER + "FR,441510,likely,Cases of rosewood\n", "hs-codes", day)
    assert report_counts(report) == {"taken": 1, "changed": 1, "ended": 1}
    assert report["ended_names"] == ["all countries 870323"]
    assert await _decisive(permits_db, "44151010") == "441510 likely loaded"
    assert await _decisive(permits_db, "44151010", day=day - timedelta(days=1)) == "441510 none loaded"
    states = {one.list: one for one in await read.list_reference_lists(permits_db)}
    assert (states["hs-codes"].state, states["hs-codes"].rows) == ("loaded", 1)


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ("FR,4,none,Too short", "no-hs-code", "hs_code"),
        ("FR,44X1,none,No digits", "no-hs-code", "hs_code"),
        ("FR,4415,maybe,An unknown word", "unknown-concern", "concern"),
        ("FR,4415,none,", "no-reason", "reason"),
        (",4415,none,Packing cases", "unknown-country", "country"),
        ("Atlantis,4415,none,Packing cases", "unknown-country", "country"),
    ],
)
async def test_row_of_hs_codes_without_a_certain_meaning_is_refused(
    permits_db: AsyncEngine, row: str, code: str, field: str
) -> None:
    report = await load_content(permits_db, f"{CASES}{row}\n", "hs-codes")
    assert [(note["line"], note["code"], note["field"]) for note in report["refusals"]] == [(4, code, field)]


async def test_file_of_hs_codes_without_a_column_is_refused(permits_db: AsyncEngine) -> None:
    with pytest.raises(Invalid, match="concern"):
        await load_content(permits_db, "country,hs_code,reason\nFR,4415,Packing cases\n", "hs-codes")


async def test_reason_with_an_unquoted_comma_is_joined_again(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, HEADER + "FR,4415,none,Cases, crates and pallets\n", "hs-codes")
    [row] = await read.find_hs_code(permits_db, "441520", "FR", today())
    assert row.reason == "Cases, crates and pallets"
