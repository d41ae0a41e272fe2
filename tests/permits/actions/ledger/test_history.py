"""The list of ledger entries of a permit: kind, quantity, actor, time, cause, declaration and balance after each."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import list_entries
from shared.contracts.declaration import Correction, Release
from tests.permits.declaration_steps import build_model, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json
from tests.waiting import WAIT_SECONDS


async def _write_entries(db: AsyncEngine) -> tuple[UUID, str]:
    """Issue, endorse, lodge, release and correct. Return the permit's id and the declaration's reference."""
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    permit_id = await issue_permit(db, permit)
    await endorse_permit(db, permit_id, A="118", B="40")
    both = declaration(item(permit, "100"), item(permit, "30", 2, term="MEA", unit="kg"))
    found = await lodge_declaration(db, both)
    await run_command(
        db, transitions.release, found, CUSTOMS_FR, build_model(Release, items=[{"number": 1, "quantity": "95"}])
    )
    less = build_model(Correction, items=[{"number": 1, "quantity": "94"}], reason="recounted")
    await run_command(db, transitions.correct, found, CUSTOMS_FR, less)
    return permit_id, str(found["reference"])


async def test_ledger_entries_of_a_line_are_in_order_with_the_balance_after_each(permits_db: AsyncEngine) -> None:
    permit_id, reference = await _write_entries(permits_db)
    entries = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA, line="A")))["data"]
    assert [(e["kind"], e["quantity"], e["balance"]["reserved"], e["balance"]["consumed"]) for e in entries] == [
        ("grant", "120", "0", "0"),
        ("endorse", "118", "0", "0"),
        ("reserve", "100", "100", "0"),
        ("release", "100", "0", "0"),
        ("consume", "95", "0", "95"),
        ("correct", "-1", "0", "94"),
    ]
    assert [e["balance"]["endorsed"] for e in entries] == ["0", *["118"] * 5]
    assert {e["reference"] for e in entries} == {None, reference}
    assert [e["cause"] for e in entries] == ["issued", "endorsement", "check", "release", "release", "correction"]
    assert (entries[-1]["reason"], entries[-1]["by"]) == ("recounted", {"party": str(CUSTOMS_FR.id), "role": "customs"})
    assert entries[2]["text"] == f"100 number reserved for {reference}, item 1"
    assert all(e["unit"] == "number" and e["at"].endswith("Z") for e in entries)


async def test_ledger_page_continues_after_the_last_entry(permits_db: AsyncEngine) -> None:
    permit_id, _ = await _write_entries(permits_db)
    whole = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA)))["data"]
    paged, after = [], 0
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            page = await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA, limit=2, after=after))
            paged += page["data"]
            if page["next_cursor"] is None:
                break
            after = int(page["next_cursor"])
    assert paged == whole
    assert {e["line"] for e in whole} == {"A", "B"}
    assert whole[-1]["balance"]["closed"]
