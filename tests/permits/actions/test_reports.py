"""The annual report in the columns and units of the guidelines, and the mirror report."""

import csv
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.synthetic_rows import insert_permits
from services.permits.actions import reports
from services.permits.actions.declarations import transitions
from services.permits.store.reports import ROWS_PER_BATCH
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Correction, Release
from tests.days import today
from tests.permits.declaration_steps import build_model, run_command
from tests.permits.sample_data import (
    AUTHORITY_FR,
    CUSTOMS_FR,
    A,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)


async def parse_report(lines: Any) -> list[dict[str, str]]:
    """Return the rows of a streamed report."""
    return list(csv.DictReader([row for piece in [one async for one in lines] for row in piece.splitlines()]))


async def read_annual_report(
    db: AsyncEngine, side: Side, country: str, *, years_later: int = 0
) -> list[dict[str, str]]:
    """Return the rows of the annual report of this year, or of a year before or after it."""
    return await parse_report(reports.annual_report(db, today().year + years_later, side, country))


async def lodge_and_release(db: AsyncEngine, permit: Any, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Lodge an accepted declaration and release it."""
    found = await lodge_declaration(db, declaration(*items, **more))
    assert found["status"] == "accepted", found["findings"]
    return await run_command(db, transitions.release, found, CUSTOMS_FR, Release())


async def test_goods_under_an_import_and_an_export_permit_are_one_row_with_both(permits_db: AsyncEngine) -> None:
    one: dict[str, Any] = {"taxon": "Gorilla gorilla", "appendix": "I", "source": "W"}
    out = permit_content(line(**one), purpose="S")
    into = permit_content(line(**one), purpose="S", kind="import", issuer="FR", number="FR-1")
    await issue_permit(permits_db, into, AUTHORITY_FR)
    await endorse_permit(permits_db, await issue_permit(permits_db, out), A="118")
    both = [{"number": p.number, "issuer": p.issuer} for p in (out, into)]
    await lodge_and_release(
        permits_db, out, item(out, "100", taxon="Gorilla gorilla", source="W", purpose="S", documents=both)
    )
    [row] = await read_annual_report(permits_db, Side.IMPORT, "FR")
    assert (row["ImportPermit"], row["ExportPermit"], row["IFSPermit"]) == ("FR-1", out.number, "")
    assert (row["Quantity"], row["Appendix"], row["TradingPartner"], row["CountryOfOrigin"]) == ("100", "1", "ZA", "")


async def test_import_permit_without_an_export_permit_has_its_own_row(permits_db: AsyncEngine) -> None:
    into = permit_content(line(), kind="import", issuer="FR", number="FR-2")
    await issue_permit(permits_db, into, AUTHORITY_FR)
    found = await lodge_declaration(permits_db, declaration(item(into, "7")))
    if found["status"] != "accepted":
        from shared.contracts.declaration import Override

        for rule in {f["rule"] for f in found["findings"] if f["severity"] != "note"}:
            found = await run_command(
                permits_db, transitions.override, found, CUSTOMS_FR, build_model(Override, rule=rule, reason="seen")
            )
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    [row] = await read_annual_report(permits_db, Side.IMPORT, "FR")
    assert (row["ImportPermit"], row["ExportPermit"], row["Quantity"]) == ("FR-2", "", "7")


async def test_quantities_are_in_the_units_of_the_report(permits_db: AsyncEngine) -> None:
    permit = permit_content(
        line("A", "0.5", term="DER", unit="t"),
        line("B", "4", term="SKI", unit="pair"),
        line("C", "0.25", term="TIM", unit="m3"),
    )
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="0.5", B="4", C="0.25")
    rows = {
        row["TermCode"]: (row["Quantity"], row["UnitCode"])
        for row in await read_annual_report(permits_db, Side.EXPORT, "ZA")
    }
    assert rows == {"DER": ("500", "KIL"), "SKI": ("8", ""), "TIM": ("0.25", "CUM")}


async def test_report_year_follows_the_day_of_use_and_includes_corrections(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    found = await lodge_and_release(permits_db, permit, item(permit, "100"))
    wrong = build_model(Correction, items=[{"number": 1, "quantity": "90"}], reason="counted again")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, wrong)
    assert [row["Quantity"] for row in await read_annual_report(permits_db, Side.IMPORT, "FR")] == ["90"]
    assert (
        await read_annual_report(permits_db, Side.IMPORT, "FR", years_later=-1)
        == await read_annual_report(permits_db, Side.IMPORT, "FR", years_later=1)
        == []
    )
    assert (
        await read_annual_report(permits_db, Side.IMPORT, "ZA")
        == await read_annual_report(permits_db, Side.EXPORT, "FR")
        == []
    )


async def test_permit_without_use_is_not_reported(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    out = await lodge_declaration(permits_db, declaration(item(permit, "100"), movement="export"), A)
    assert out["status"] == "accepted"
    assert await read_annual_report(permits_db, Side.EXPORT, "ZA") == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_report_text_that_looks_like_a_formula_is_escaped(start: str) -> None:
    assert reports._escape_formula(start + "A1") == "'" + start + "A1"


@pytest.mark.parametrize("number", ["-18", "-0.5", "-2026001"])
def test_report_number_that_begins_with_a_minus_keeps_its_value(number: str) -> None:
    assert reports._escape_formula(number) == number
    assert reports._escape_formula(number + "-1") == f"'{number}-1"


async def test_mirror_report_compares_quantities_that_left_and_arrived(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    await lodge_and_release(permits_db, permit, item(permit, "100"))
    for country in ("ZA", "FR"):
        rows = await parse_report(reports.mirror_report(permits_db, today().year, country))
        quantities = {
            row["Line"]: (row["ExporterQuantity"], row["ImporterQuantity"], row["Difference"]) for row in rows
        }
        assert quantities == {"A": ("118", "100", "18"), "B": ("40", "0", "40")}
        assert {(row["ExportCountry"], row["ImportCountry"]) for row in rows} == {("ZA", "FR")}
    assert await parse_report(reports.mirror_report(permits_db, today().year, "DE")) == []


async def test_report_with_many_rows_is_streamed_in_batches(permits_db: AsyncEngine) -> None:
    await insert_permits(permits_db, ROWS_PER_BATCH * 3 + 1)
    for side, country, quantity in ((Side.EXPORT, "ZA", "100"), (Side.IMPORT, "FR", "90")):
        pieces = [piece async for piece in reports.annual_report(permits_db, 2026, side, country)]
        assert [piece.count("\r\n") for piece in pieces] == [ROWS_PER_BATCH + 1, ROWS_PER_BATCH, ROWS_PER_BATCH, 1]
        assert all(f",LIV,{quantity},," in row for row in "".join(pieces).splitlines()[1:])


async def test_report_that_is_not_read_to_its_end_returns_its_connection(permits_db: AsyncEngine) -> None:
    await insert_permits(permits_db, ROWS_PER_BATCH * 2)
    for _ in range(30):
        lines = reports.annual_report(permits_db, 2026, Side.EXPORT, "ZA")
        await anext(lines)
        await lines.aclose()
    async with permits_db.connect() as conn:
        assert (await conn.execute(text("SELECT 1"))).scalar_one() == 1
