"""Reservations: one use of a line, second uses by any party, and all items of a declaration or none."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    OTHER_TRADER,
    A,
    balance,
    declaration,
    endorse_permit,
    export_balance,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)


async def test_second_use_of_a_permit_is_rejected_and_sent_to_the_issuer(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    assert (await lodge_declaration(permits_db, declaration(item(permit, "100"))))["status"] == "accepted"
    second = await lodge_declaration(permits_db, declaration(item(permit, "30")))
    assert second["status"] == "rejected"
    by_rule = {f["rule"]: f for f in second["findings"]}
    assert set(by_rule) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    quantity = by_rule["CITES-box-11-quantity"]
    assert (quantity["found"], quantity["expected"]) == ("30 number", "at most 18 number")
    assert quantity["permit"] == {"issuer": "ZA", "number": permit.number, "line": "A"}
    [(data, audience)] = await _list_second_uses(permits_db)
    assert data["attempts"] == [{"line": "A", "item": 1, "asked": "30", "left": "18", "unit": "number"}]
    assert {"role": "authority", "country": "ZA"} in audience["offices"]


async def test_second_use_by_an_unnamed_party_is_sent_only_to_the_issuer(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    importer = {"name": OTHER_TRADER.name, "country": "FR", "identifier": "FR00000000000000"}
    tries = (declaration(item(permit, "30"), importer=importer), declaration(item(permit, "20"), importer=importer))
    unused = await lodge_declaration(permits_db, tries[0], OTHER_TRADER)
    assert await _list_second_uses(permits_db) == [], "the permit has no first use yet"
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    used = await lodge_declaration(permits_db, tries[1], OTHER_TRADER)
    for found in (unused, used):
        assert (found["status"], severities(found)) == ("rejected", {"CITES-VI.1-permit-known": "block"}), (
            "an unnamed party receives the finding of an unknown permit"
        )
    [(data, audience)] = await _list_second_uses(permits_db)
    assert data["attempts"] == [{"line": "A", "item": 1, "asked": "20", "left": "18", "unit": "number"}]
    assert data["declaration_id"] == used["id"]
    assert {"role": "authority", "country": "ZA"} in audience["offices"]
    assert str(OTHER_TRADER.id) not in audience["parties"]
    async with permits_db.connect() as conn:
        watchers = (await conn.execute(text("SELECT party_id FROM permit_watchers"))).scalars().all()
    assert OTHER_TRADER.id not in watchers


async def _list_second_uses(db: AsyncEngine) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the data and the audience of each event about a second use."""
    query = """SELECT data::json AS data, audience::json AS audience FROM outbox_events
        WHERE type LIKE '%second_use%' ORDER BY at"""
    async with db.connect() as conn:
        return [(row.data, row.audience) for row in (await conn.execute(text(query))).all()]


async def test_second_use_within_the_quantity_left_is_rejected(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    await lodge_declaration(permits_db, declaration(item(permit, "100")))
    second = await lodge_declaration(permits_db, declaration(item(permit, "10")))
    by_rule = {f["rule"]: f for f in second["findings"]}
    assert set(by_rule) == {"CITES-VI.6-second-use", "CITES-box-11-quantity"}
    quantity = by_rule["CITES-box-11-quantity"]
    assert (quantity["expected"], quantity["found"]) == (
        "no quantity while another declaration uses the line (18 number left)",
        "10 number",
    )
    assert "cite another permit" in quantity["remedy"]
    assert second["status"] == "rejected"


async def test_rejected_declaration_reserves_none_of_its_items(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118", B="40")
    good, bad = item(permit, "100"), item(permit, "41", 2, term="MEA", unit="kg")
    found = await lodge_declaration(permits_db, declaration(good, bad))
    assert found["status"] == "rejected"
    assert (await balance(permits_db, permit_id))["reserved"] == "0"
    assert (await balance(permits_db, permit_id, "B"))["reserved"] == "0"


async def test_items_of_one_declaration_may_share_a_line(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "100"), item(permit, "18", 2)))
    assert (found["status"], (await balance(permits_db, permit_id))["available"]) == ("accepted", "0")
    over = await lodge_declaration(permits_db, declaration(item(permit_content(), "1")))
    assert over["status"] == "rejected"


async def test_export_declaration_is_checked_on_the_export_side(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    out = declaration(item(permit, "119"), movement="export")
    found = await lodge_declaration(permits_db, out, A)
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert (await export_balance(permits_db, permit_id))["reserved"] == "119"
    assert (await balance(permits_db, permit_id))["reserved"] == "0"
    second = await lodge_declaration(permits_db, declaration(item(permit, "2"), movement="export"), A)
    assert second["status"] == "rejected"
