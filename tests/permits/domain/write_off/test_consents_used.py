"""Used consents: a consent that an item uses is not available to others, even when the line has room again."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.permits import read as permits_read
from shared.contracts.declaration import Consent, Correction, Override, Release
from shared.contracts.permit import Permit
from shared.database import now
from shared.problems import Conflict
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.domain.write_off.test_consents import (
    PART_USE,
    QUANTITY,
    SHIPMENT,
    accept_with_consent,
    cancel_declaration,
    endorse_hundred,
    give_consent,
    release_declaration,
)
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
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
from tests.permits.view_json import as_json


async def correct_quantities(db: AsyncEngine, found: dict[str, Any], by: Any, *quantities: str) -> dict[str, Any]:
    """Correct a declaration to these quantities, by item."""
    items = [{"number": number, "quantity": quantity} for number, quantity in enumerate(quantities, 1)]
    return await run_command(
        db, transitions.correct, found, by, build_model(Correction, items=items, reason="recounted")
    )


async def lodge_two_items_with_consent(
    db: AsyncEngine, permit: Permit, *quantities: str, **more: Any
) -> dict[str, Any]:
    """Lodge a declaration of two part uses, and consent to 10 more for its first item."""
    items = [item(permit, quantity, number, document=PART_USE) for number, quantity in enumerate(quantities, 1)]
    found = await lodge_declaration(db, declaration(*items, **SHIPMENT, **more), A if more else B)
    return await run_command(db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="10"))


@pytest.mark.parametrize("corrected", [False, True])
async def test_consent_used_while_another_item_reserves_stays_with_its_item(
    permits_db: AsyncEngine, corrected: bool
) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    found = await lodge_two_items_with_consent(permits_db, permit, "60", "40")
    items = [{"number": 1, "quantity": "70"}, {"number": 2, "quantity": "30"}]
    free = Release() if corrected else build_model(Release, items=items)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, free)
    if corrected:
        await correct_quantities(permits_db, found, CUSTOMS_FR, "70", "30")
    kept = await balance(permits_db, permit_id)
    assert (kept["consumed"], kept["available"]) == ("100", "0")
    third = await lodge_declaration(permits_db, declaration(item(permit, "10", document=PART_USE), **SHIPMENT))
    assert third["status"] == "rejected"
    await check_balances(permits_db)


async def test_consent_used_at_export_without_shortfall_stays_with_its_item(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    found = await lodge_two_items_with_consent(permits_db, permit, "60", "60", movement="export")
    items = [{"number": 1, "quantity": "70"}, {"number": 2, "quantity": "40"}]
    await run_command(permits_db, transitions.release, found, CUSTOMS_ZA, build_model(Release, items=items))
    assert (await export_balance(permits_db, permit_id))["available"] == "10"
    with pytest.raises(Conflict):
        await endorse_permit(permits_db, permit_id, A="11")
    leaving = declaration(item(permit, "11", document=PART_USE), movement="export", **SHIPMENT)
    assert (await lodge_declaration(permits_db, leaving, A))["status"] == "rejected"
    await check_balances(permits_db)


@pytest.mark.parametrize(
    ("released_quantity", "room"), [(None, "90"), ("90", "0")], ids=["cancelled", "released with less"]
)
async def test_line_with_room_again_is_not_increased_by_a_used_consent(
    permits_db: AsyncEngine, released_quantity: str | None, room: str
) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await lodge_declaration(permits_db, declaration(item(permit, "100", document=PART_USE), **SHIPMENT))
    second = await accept_with_consent(permits_db, permit, "10", "10", use="part")
    await (
        cancel_declaration(permits_db, first)
        if released_quantity is None
        else release_declaration(permits_db, first, released_quantity)
    )
    assert (await balance(permits_db, permit_id))["available"] == room
    third = await lodge_declaration(
        permits_db, declaration(item(permit, f"{int(room) + 1}", document=PART_USE), **SHIPMENT)
    )
    assert third["status"] == "rejected"
    await release_declaration(permits_db, second, "10")
    kept = await balance(permits_db, permit_id)
    assert (kept["consented"], kept["available"]) == ("0", room)
    more = await correct_quantities(permits_db, second, CUSTOMS_FR, "20" if room == "0" else "110")
    assert more["usage"][0]["consumed"] in {"20", "110"}, "the item may use its own consent again"
    await check_balances(permits_db)


async def test_correction_upwards_uses_no_consent_of_another_item(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first, other = [
        await lodge_declaration(permits_db, declaration(item(permit, quantity, document=PART_USE), **SHIPMENT))
        for quantity in ("60", "40")
    ]
    second = await accept_with_consent(permits_db, permit, "10", "10", use="part")
    await release_declaration(permits_db, other, "40")
    await release_declaration(permits_db, first, "50")
    with pytest.raises(Conflict) as no:
        await correct_quantities(permits_db, first, CUSTOMS_FR, "51")
    assert no.value.code == "not-enough-left"
    await release_declaration(permits_db, second, "10")
    assert (await balance(permits_db, permit_id))["available"] == "0"
    await check_balances(permits_db)


async def test_consent_used_before_a_larger_endorsement_returns_in_full(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    out = declaration(item(permit, "100", document=PART_USE), movement="export", **SHIPMENT)
    left = await lodge_declaration(permits_db, out, A)
    await run_command(permits_db, transitions.release, left, CUSTOMS_ZA, Release())
    first = await lodge_declaration(permits_db, declaration(item(permit, "100", document=PART_USE), **SHIPMENT))
    await give_consent(permits_db, first, "20")
    await release_declaration(permits_db, first, "120")
    await correct_quantities(permits_db, left, CUSTOMS_ZA, "120")
    await correct_quantities(permits_db, first, CUSTOMS_FR, "119")
    kept = await balance(permits_db, permit_id)
    assert (kept["consented"], kept["available"], kept["closed"]) == ("0", "1", False)
    await check_balances(permits_db)


async def test_correction_of_a_crossing_uses_no_consent_of_another_declaration(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(quantity="3"), kind="sample_collection")
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="3")
    first = await lodge_declaration(permits_db, declaration(item(permit, "3")))
    await run_command(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    second = await lodge_declaration(permits_db, declaration(item(permit, "5")))
    await give_consent(permits_db, second, "2")
    over = build_model(Override, rule=QUANTITY, reason="consented")
    assert (await run_command(permits_db, transitions.override, second, CUSTOMS_FR, over))["status"] == "accepted"
    with pytest.raises(Conflict) as no:
        await correct_quantities(permits_db, first, CUSTOMS_FR, "5")
    assert no.value.code == "not-enough-left"
    await check_balances(permits_db)


async def test_line_used_up_by_part_uses_is_closed_although_a_consent_is_open(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    await endorse_permit(permits_db, permit_id, A="20")
    first = await lodge_declaration(permits_db, declaration(item(permit, "120", document=PART_USE), **SHIPMENT))
    second = await accept_with_consent(permits_db, permit, "10", "10", use="part")
    await release_declaration(permits_db, first, "120")
    await cancel_declaration(permits_db, second)
    kept, status = (
        await balance(permits_db, permit_id),
        (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, now())))["status"],
    )
    assert (kept["consumed"], kept["available"], kept["closed"], status) == ("120", "0", True, "exhausted")
    async with permits_db.connect() as conn:
        count = (
            await conn.execute(text("SELECT count(*) FROM outbox_events WHERE type = 'permit.exhausted'"))
        ).scalar_one()
    assert count == 1
    await check_balances(permits_db)


async def test_consent_is_used_after_part_uses_used_up_the_line(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await lodge_declaration(permits_db, declaration(item(permit, "100", document=PART_USE), **SHIPMENT))
    second = await accept_with_consent(permits_db, permit, "10", "10", use="part")
    await release_declaration(permits_db, first, "100")
    await release_declaration(permits_db, second, "10")
    await correct_quantities(permits_db, first, CUSTOMS_FR, "80")
    kept = await balance(permits_db, permit_id)
    assert (kept["consumed"], kept["available"], kept["closed"]) == ("90", "10", False)
    await check_balances(permits_db)
