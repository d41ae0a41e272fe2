"""The ledger tells the story of a line: what, how much, who, when, why, for which declaration, what stood after."""

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


async def _played(db: AsyncEngine) -> tuple[UUID, str]:
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


async def test_the_story_of_a_line_is_told_in_order_with_what_stood_after_each_entry(permits_db: AsyncEngine) -> None:
    permit_id, reference = await _played(permits_db)
    told = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA, line="A")))["data"]
    assert [(e["kind"], e["quantity"], e["balance"]["reserved"], e["balance"]["consumed"]) for e in told] == [
        ("grant", "120", "0", "0"),
        ("endorse", "118", "0", "0"),
        ("reserve", "100", "100", "0"),
        ("release", "100", "0", "0"),
        ("consume", "95", "0", "95"),
        ("correct", "-1", "0", "94"),
    ]
    assert [e["balance"]["endorsed"] for e in told] == ["0", *["118"] * 5]
    assert {e["reference"] for e in told} == {None, reference}
    assert [e["cause"] for e in told] == ["issued", "endorsement", "check", "release", "release", "correction"]
    assert (told[-1]["reason"], told[-1]["by"]) == ("recounted", {"party": str(CUSTOMS_FR.id), "role": "customs"})
    assert told[2]["text"] == f"100 number reserved for {reference}, item 1"
    assert all(e["unit"] == "number" and e["at"].endswith("Z") for e in told)


async def test_a_page_of_the_story_goes_on_where_the_last_one_ended(permits_db: AsyncEngine) -> None:
    permit_id, _ = await _played(permits_db)
    whole = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA)))["data"]
    paged, after = [], 0
    while True:
        page = await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA, limit=2, after=after))
        paged += page["data"]
        if page["next_cursor"] is None:
            break
        after = int(page["next_cursor"])
    assert paged == whole
    assert {e["line"] for e in whole} == {"A", "B"}
    assert whole[-1]["balance"]["closed"]
