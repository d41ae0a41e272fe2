"""Imports of Appendix I: one item uses an import permit and an export permit, each with its own balance."""

import csv
import io
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.reports import annual_report
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Cancellation, Correction, Override, Release
from tests.days import today
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_FR,
    CUSTOMS_FR,
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

LIVE: dict[str, Any] = {"taxon": "Gorilla gorilla", "appendix": "I", "term": "LIV", "source": "C"}
GOODS: dict[str, Any] = {"taxon": "Gorilla gorilla", "term": "LIV", "source": "C", "purpose": "Z"}


async def _lodge_citing_two_permits(db: AsyncEngine) -> tuple[UUID, UUID, dict[str, Any]]:
    """Lodge an import item that cites an import permit of FR and an export permit of ZA, for 2 of 3.

    Return the ids of both permits and the declaration.
    """
    arriving = permit_content(line(quantity="3", **LIVE), issuer="FR", kind="import", purpose="Z")
    leaving = permit_content(line(quantity="3", **LIVE), purpose="Z")
    ids = await issue_permit(db, arriving, AUTHORITY_FR), await issue_permit(db, leaving)
    await endorse_permit(db, ids[1], A="3")
    documents = [{"type": "C400", "number": p.number, "issuer": p.issuer} for p in (arriving, leaving)]
    found = await lodge_declaration(db, declaration(item(leaving, "2", documents=documents, **GOODS)))
    return *ids, found


async def _reserved_and_consumed(db: AsyncEngine, *ids: UUID) -> list[tuple[str, str]]:
    """Return the reserved and the consumed quantity of line A of each permit."""
    kept = [await balance(db, permit_id) for permit_id in ids]
    return [(one["reserved"], one["consumed"]) for one in kept]


async def test_item_of_two_permits_consumes_the_import_and_the_export_permit(permits_db: AsyncEngine) -> None:
    arriving, leaving, found = await _lodge_citing_two_permits(permits_db)
    assert (found["status"], [u["reserved"] for u in found["usage"]]) == ("accepted", ["2", "2"]), found["findings"]
    assert await _reserved_and_consumed(permits_db, arriving, leaving) == [("2", "0"), ("2", "0")]
    dead = build_model(Release, items=[{"number": 1, "quantity": "2", "dead_on_arrival": 1}])
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, dead)
    assert await _reserved_and_consumed(permits_db, arriving, leaving) == [("0", "2"), ("0", "2")]
    less = build_model(Correction, items=[{"number": 1, "quantity": "1"}], reason="recounted")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, less)
    assert await _reserved_and_consumed(permits_db, arriving, leaving) == [("0", "1"), ("0", "1")]
    await check_balances(permits_db)


async def test_item_of_two_permits_reserves_nothing_if_one_is_exhausted(permits_db: AsyncEngine) -> None:
    arriving, leaving, found = await _lodge_citing_two_permits(permits_db)
    await run_command(permits_db, transitions.cancel, found, B, Cancellation())
    assert await _reserved_and_consumed(permits_db, arriving, leaving) == [("0", "0"), ("0", "0")]
    documents = found["items"][0]["documents"]
    alone = {**GOODS, "documents": documents[:1], "quantity": "1"}
    first = await lodge_declaration(permits_db, declaration({**found["items"][0], **alone}))
    assert {f["rule"] for f in first["findings"]} == {"CITES-III-export-document"}
    seen = build_model(Override, rule="CITES-III-export-document", reason="the original was seen")
    first = await run_command(permits_db, transitions.override, first, CUSTOMS_FR, seen)
    assert first["status"] == "accepted", first["findings"]
    await run_command(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    again = await lodge_declaration(permits_db, declaration({**found["items"][0], "documents": documents}))
    assert again["status"] == "rejected"
    assert (await _reserved_and_consumed(permits_db, leaving))[0] == ("0", "0")


async def test_annual_report_has_an_item_of_two_permits_once_with_both_numbers(permits_db: AsyncEngine) -> None:
    _, _, found = await _lodge_citing_two_permits(permits_db)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    less = build_model(Correction, items=[{"number": 1, "quantity": "1"}], reason="recounted")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, less)
    alone = permit_content(line(quantity="3", **LIVE), issuer="FR", kind="import", purpose="Z")
    await issue_permit(permits_db, alone, AUTHORITY_FR)
    numbers = [d["number"] for d in found["items"][0]["documents"]]
    text = "".join([part async for part in annual_report(permits_db, today().year, Side.IMPORT, "FR")])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["ImportPermit"], r["ExportPermit"], r["Quantity"]) for r in rows] == [(*numbers, "1")]


async def test_officer_quantity_for_one_of_two_permits_of_one_number_changes_only_that_one(
    permits_db: AsyncEngine,
) -> None:
    goods = {"term": "BOD", "source": "W"}
    out = permit_content(line("A", "100", **goods))
    into = permit_content(line("A", "9000", unit="kg", **goods), kind="import", issuer="FR", number=out.number)
    ids = [await issue_permit(permits_db, out), await issue_permit(permits_db, into, AUTHORITY_FR)]
    await endorse_permit(permits_db, ids[0], A="100")
    one = item(out, "7000", unit="kg", **goods)
    one["documents"].append({"number": into.number, "issuer": "FR"})
    found = await lodge_declaration(permits_db, declaration(one, export_country="NA"))
    assert [f["permit"]["issuer"] for f in found["findings"] if f["rule"] == "CITES-box-11-unit"] == ["ZA"]
    figure = build_model(Override, rule="CITES-box-11-unit", item=1, quantity="10", reason="measured")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, figure)
    way = build_model(Override, rule="CITES-box-4-export-country", reason="by way of Namibia")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, way)
    assert {u["permit"]["issuer"]: u["reserved"] for u in found["usage"]} == {"ZA": "10", "FR": "7000"}
