"""Certificates for many crossings: each crossing is a row of the continuation sheet and uses no quantity."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import reports
from services.permits.actions.declarations import transitions
from services.permits.actions.permits import read as permits_read
from shared.cites.codes import MULTIPLE_CROSSING_KINDS
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Correction, Release
from shared.database import now
from shared.problems import Conflict
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    LINE_OF_KIND,
    PURPOSE_OF_KIND,
    A,
    B,
    balance,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

HOLDER = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}


@pytest.mark.parametrize("kind", sorted(MULTIPLE_CROSSING_KINDS))
async def test_goods_of_a_crossing_certificate_leave_and_return_repeatedly(permits_db: AsyncEngine, kind: str) -> None:
    terms: dict[str, Any] = {"kind": kind, "importer": HOLDER}
    if kind == "sample_collection":
        terms["carnet"] = {"number": "ATA-1", "valid_until": "2999-01-01"}
    purpose, fields = PURPOSE_OF_KIND.get(kind, "T"), LINE_OF_KIND.get(kind, {})
    permit = permit_content(line(quantity="3", **fields), purpose=purpose, **terms)
    permit_id = await issue_permit(permits_db, permit)
    goods: dict[str, Any] = {**fields, "purpose": purpose}
    for _ in range(2):
        out = await lodge_declaration(permits_db, declaration(item(permit, "3", **goods), movement="export"), A)
        assert out["status"] == "accepted", out["findings"]
        left = await run_command(permits_db, transitions.release, out, CUSTOMS_ZA, Release())
        assert left["status"] == "released"
        home = declaration(
            item(permit, "3", **goods), export_country="FR", import_country="ZA", importer=HOLDER,
            exporter={"name": "Fair", "country": "FR"},
        )  # fmt: skip
        back = await lodge_declaration(permits_db, home, A)
        assert back["status"] == "accepted", back["findings"]
        await run_command(permits_db, transitions.release, back, CUSTOMS_ZA, Release())
    read = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, now()))
    assert (read["status"], read["use"]) == ("endorsed", "many_crossings")
    assert [(c["side"], c["quantity"], c["line"]) for c in read["continuation"]] == [
        ("export", "3", "A"), ("import", "3", "A"), ("export", "3", "A"), ("import", "3", "A"),
    ]  # fmt: skip
    kept = await balance(permits_db, permit_id)
    assert (kept["reserved"], kept["consumed"], kept["available"], kept["closed"]) == ("0", "0", "3", False)
    await check_balances(permits_db)


async def test_permit_for_a_single_shipment_has_no_continuation_sheet(permits_db: AsyncEngine) -> None:
    read = await as_json(
        permits_read.read_permit(permits_db, await issue_permit(permits_db, permit_content()), AUTHORITY_ZA, now())
    )
    assert read["use"] == "single_shipment" and "continuation" not in read


async def test_crossing_of_more_than_the_certificate_is_for_is_refused(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(
        permits_db, permit_content(line(quantity="3"), kind="sample_collection", importer=HOLDER)
    )
    for _ in range(2):
        assert (await endorse_permit(permits_db, permit_id, A="3"))["status"] == "endorsed"
    with pytest.raises(Conflict) as caught:
        await endorse_permit(permits_db, permit_id, A="4")
    assert caught.value.code == "endorsement-exceeds-permit"
    read = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, now()))
    assert [c["quantity"] for c in read["continuation"]] == ["3", "3"]


async def test_correction_of_a_crossing_is_a_row_of_the_continuation_sheet(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(quantity="3"), kind="sample_collection")
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="3")
    found = await lodge_declaration(permits_db, declaration(item(permit, "3")), B)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    more = build_model(Correction, items=[{"number": 1, "quantity": "4"}], reason="miscounted")
    with pytest.raises(Conflict):
        await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, more)
    fewer = build_model(Correction, items=[{"number": 1, "quantity": "2"}], reason="one stayed")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, fewer)
    read = await as_json(permits_read.read_permit(permits_db, UUID(str(permit_id)), AUTHORITY_ZA, now()))
    assert [(c["quantity"], c["corrects"]) for c in read["continuation"]] == [("3", False), ("3", False), ("-1", True)]
    await check_balances(permits_db)


async def test_crossing_is_in_the_annual_report_of_the_country_of_its_border(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(
        line(quantity="3", term="LIV", source="C"), kind="travelling_exhibition", importer=HOLDER, purpose="Q"
    )
    await issue_permit(permits_db, permit)
    goods: dict[str, Any] = {"term": "LIV", "purpose": "Q", "source": "C"}
    fair = {"name": "Fair", "country": "FR"}
    for _ in range(2):
        out = await lodge_declaration(permits_db, declaration(item(permit, "3", **goods), movement="export"), A)
        await run_command(permits_db, transitions.release, out, CUSTOMS_ZA, Release())
    home = declaration(
        item(permit, "2", **goods), export_country="FR", import_country="ZA", importer=HOLDER, exporter=fair
    )
    back = await lodge_declaration(permits_db, home, A)
    await run_command(permits_db, transitions.release, back, CUSTOMS_ZA, Release())
    fewer = build_model(Correction, items=[{"number": 1, "quantity": "1"}], reason="one stayed")
    await run_command(permits_db, transitions.correct, back, CUSTOMS_ZA, fewer)

    async def rows(side: str, country: str) -> list[tuple[str, ...]]:
        report = "".join([part async for part in reports.annual_report(permits_db, now().year, Side(side), country)])
        names = ("Quantity", "TradingPartner", "CountryOfOrigin", "ExportPermit", "PurposeCode")
        return [tuple(row[name] for name in names) for row in csv.DictReader(io.StringIO(report))]

    assert await rows("export", "ZA") == [("6", "FR", "", permit.number, "Q")]
    assert await rows("import", "ZA") == [("1", "FR", "ZA", permit.number, "Q")]
    assert await rows("import", "FR") == await rows("export", "FR") == []
