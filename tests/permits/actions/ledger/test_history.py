"""The ledger tells the story of a line: what, how much, who, when, why, for which declaration, what stood after."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import story
from shared.contracts.declaration import Correction, Release
from tests.permits.declaration_steps import stated, turn
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_FR, declaration, endorsed, issued, item, line, lodged, terms


async def _played(db: AsyncEngine) -> tuple[UUID, str]:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    id = await issued(db, permit)
    await endorsed(db, id, A="118", B="40")
    both = declaration(item(permit, "100"), item(permit, "30", 2, term="MEA", unit="kg"))
    found = await lodged(db, both)
    await turn(db, transitions.release, found, CUSTOMS_FR, stated(Release, items=[{"number": 1, "quantity": "95"}]))
    less = stated(Correction, items=[{"number": 1, "quantity": "94"}], reason="recounted")
    await turn(db, transitions.correct, found, CUSTOMS_FR, less)
    return id, str(found["reference"])


async def test_the_story_of_a_line_is_told_in_order_with_what_stood_after_each_entry(permits_db: AsyncEngine) -> None:
    id, reference = await _played(permits_db)
    told = (await story(permits_db, id, AUTHORITY_ZA, line="A"))["data"]
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
    assert told[2]["text"] == f"100 number set aside for {reference}, item 1"
    assert all(e["unit"] == "number" and e["at"].endswith("Z") for e in told)


async def test_a_page_of_the_story_goes_on_where_the_last_one_ended(permits_db: AsyncEngine) -> None:
    id, _ = await _played(permits_db)
    whole = (await story(permits_db, id, AUTHORITY_ZA))["data"]
    paged, after = [], 0
    while True:
        page = await story(permits_db, id, AUTHORITY_ZA, limit=2, after=after)
        paged += page["data"]
        if page["next_cursor"] is None:
            break
        after = int(page["next_cursor"])
    assert paged == whole
    assert {e["line"] for e in whole} == {"A", "B"}
    assert whole[-1]["balance"]["closed"]
