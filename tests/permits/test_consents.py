"""What the authority consented to for one item is for that item alone, and ends with it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import reading, registry, turns
from services.permits.actions.story import story
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Refusal, Release
from shared.contracts.permit import Endorsement, Permit
from shared.database import now
from shared.problems import Conflict
from tests.permits.people import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    balance,
    command,
    declaration,
    endorsed,
    export_balance,
    issued,
    item,
    line,
    lodged,
    terms,
)
from tests.permits.stories import entries_add_up, stated, turn

QUANTITY = "CITES-box-11-quantity"
SHIPMENT = {"transport_document": "M-1"}
PART = {"use": "part"}


async def hundred(db: AsyncEngine) -> tuple[UUID, Permit]:
    """Endorse a hundred of one shipment."""
    permit = terms()
    id = await issued(db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "100"}], **SHIPMENT}
    await registry.endorse(db, id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    return id, permit


async def consented(db: AsyncEngine, found: dict[str, Any], quantity: str) -> dict[str, Any]:
    return await turn(db, turns.consent, found, AUTHORITY_ZA, stated(Consent, item=1, quantity=quantity))


async def released(db: AsyncEngine, found: dict[str, Any], quantity: str) -> dict[str, Any]:
    items = [{"number": 1, "quantity": quantity}]
    return await turn(db, turns.release, found, CUSTOMS_FR, stated(Release, items=items))


async def led_out(db: AsyncEngine, permit: Permit, quantity: str, more: str, **document: str) -> dict[str, Any]:
    """Declare more than is left, let the authority consent, and customs override."""
    found = await lodged(db, declaration(item(permit, quantity, document=document), **SHIPMENT))
    assert found["status"] == "rejected"
    await consented(db, found, more)
    return await turn(db, turns.override, found, CUSTOMS_FR, stated(Override, rule=QUANTITY, reason="consented"))


async def test_nobody_else_spends_a_consent(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first = await lodged(permits_db, declaration(item(permit, "100", document=PART), **SHIPMENT))
    await consented(permits_db, first, "10")
    second = await lodged(permits_db, declaration(item(permit, "10", document=PART), **SHIPMENT))
    assert (second["status"], [f["rule"] for f in second["findings"]][:1]) == ("rejected", [QUANTITY])
    assert (await released(permits_db, first, "110"))["status"] == "released"
    kept = await balance(permits_db, id)
    assert (kept["consumed"], kept["consented"], kept["available"], kept["closed"]) == ("110", "10", "0", True)
    await entries_add_up(permits_db)


End = Callable[[AsyncEngine, dict[str, Any]], Awaitable[dict[str, Any]]]


async def cancelled(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    return await turn(db, turns.cancel, found, B, Cancellation())


async def refused(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    return await turn(db, turns.refuse, found, CUSTOMS_FR, Refusal(reason="no"))


@pytest.mark.parametrize("ends", [cancelled, refused])
@pytest.mark.parametrize("used", [False, True], ids=["not drawn on", "drawn on"])
async def test_a_consent_ends_with_its_declaration(permits_db: AsyncEngine, ends: End, used: bool) -> None:
    id, permit = await hundred(permits_db)
    if used:
        first = await led_out(permits_db, permit, "110", "10")
        assert (await balance(permits_db, id))["reserved"] == "110"
    else:
        first = await lodged(permits_db, declaration(item(permit, "100"), **SHIPMENT))
        await consented(permits_db, first, "10")
    await ends(permits_db, first)
    second = await lodged(permits_db, declaration(item(permit, "110"), **SHIPMENT))
    assert (second["status"], [f["rule"] for f in second["findings"]]) == ("rejected", [QUANTITY])
    kept = await balance(permits_db, id)
    assert (kept["available"], kept["consented"]) == ("100", "0")
    await entries_add_up(permits_db)


async def test_what_a_new_version_asks_beyond_the_line_is_customs_to_override_again(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first = await led_out(permits_db, permit, "110", "10")
    again = declaration(item(permit, "105"), reference=first["reference"], **SHIPMENT)
    first = await turn(permits_db, turns.amend, first, B, again)
    assert (first["status"], (await balance(permits_db, id))["consented"]) == ("rejected", "0")
    over = stated(Override, rule=QUANTITY, reason="consented to before")
    assert (await turn(permits_db, turns.override, first, CUSTOMS_FR, over))["status"] == "accepted"
    assert (await balance(permits_db, id))["consented"] == "5"
    await entries_add_up(permits_db)


async def test_what_is_not_used_of_a_consent_is_gone_from_the_line(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first = await led_out(permits_db, permit, "110", "10", use="part")
    await released(permits_db, first, "95")
    kept = await balance(permits_db, id)
    assert (kept["consumed"], kept["consented"], kept["available"]) == ("95", "0", "5")
    more = stated(Correction, items=[{"number": 1, "quantity": "108"}], reason="recounted")
    await turn(permits_db, turns.correct, first, CUSTOMS_FR, more)
    assert (await balance(permits_db, id))["consented"] == "8", "the same item may draw on it yet"
    less = stated(Correction, items=[{"number": 1, "quantity": "90"}], reason="recounted again")
    await turn(permits_db, turns.correct, first, CUSTOMS_FR, less)
    kept = await balance(permits_db, id)
    assert (kept["consented"], kept["available"], kept["closed"]) == ("0", "10", False)
    too_much = stated(Correction, items=[{"number": 1, "quantity": "111"}], reason="x")
    with pytest.raises(Conflict) as no:
        await turn(permits_db, turns.correct, first, CUSTOMS_FR, too_much)
    assert no.value.code == "not-enough-left"
    await entries_add_up(permits_db)


async def test_at_export_too_more_leaves_by_the_declaration_it_was_consented_for_alone(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    leaving = declaration(item(permit, "120"), movement="export")
    found = await lodged(permits_db, leaving, A)
    await turn(permits_db, turns.consent, found, AUTHORITY_ZA, stated(Consent, item=1, quantity="10"))
    with pytest.raises(Conflict) as no:
        await endorsed(permits_db, id, A="1")
    assert no.value.code == "endorsement-exceeds-permit"
    items = [{"number": 1, "quantity": "130"}]
    await turn(permits_db, turns.release, found, CUSTOMS_ZA, stated(Release, items=items))
    assert (await export_balance(permits_db, id))["endorsed"] == "130"
    assert (await balance(permits_db, id))["available"] == "130"
    await entries_add_up(permits_db)


async def test_the_ledger_tells_of_a_consent_when_it_is_given_and_when_it_is_drawn_on(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first = await led_out(permits_db, permit, "110", "10")
    await cancelled(permits_db, first)
    told = [(e["kind"], e["quantity"], e["balance"]["consented"]) for e in (await story(permits_db, id, B))["data"]]
    assert told[2:] == [
        ("consent", "10", "0"), ("draw", "10", "10"), ("reserve", "110", "10"), ("release", "110", "10"),
        ("lapse", "10", "0"),
    ]  # fmt: skip


async def test_who_holds_nothing_but_a_consent_does_not_give_way_to_a_smaller_endorsement(
    permits_db: AsyncEngine,
) -> None:
    permit = terms()
    await issued(permits_db, permit)
    out = await lodged(permits_db, declaration(item(permit, "100"), movement="export", **SHIPMENT), A)
    await turn(permits_db, turns.release, out, CUSTOMS_ZA, Release())
    first, second = [
        await lodged(permits_db, declaration(item(permit, quantity, document=PART), **SHIPMENT))
        for quantity in ("90", "10")
    ]
    await released(permits_db, first, "90")
    third = await led_out(permits_db, permit, "7", "7", use="part")
    fewer = stated(Correction, items=[{"number": 1, "quantity": "91"}], reason="recounted")
    await turn(permits_db, turns.correct, out, CUSTOMS_ZA, fewer)
    standing = [await turn(permits_db, turns.consent, one, AUTHORITY_ZA, stated(Consent, item=1, quantity="0.5"))
                for one in (second, third)]  # fmt: skip
    assert [one["status"] for one in standing] == ["referred", "accepted"]
    fewer = stated(Correction, items=[{"number": 1, "quantity": "89"}], reason="recounted")
    with pytest.raises(Conflict) as no:
        await turn(permits_db, turns.correct, out, CUSTOMS_ZA, fewer)
    assert no.value.code == "not-enough-left", "ninety arrived, and what was consented to did not leave"
    await entries_add_up(permits_db)


async def recounted(db: AsyncEngine, found: dict[str, Any], by: Any, *quantities: str) -> dict[str, Any]:
    items = [{"number": number, "quantity": quantity} for number, quantity in enumerate(quantities, 1)]
    return await turn(db, turns.correct, found, by, stated(Correction, items=items, reason="recounted"))


async def of_two_items(db: AsyncEngine, permit: Permit, *quantities: str, **more: Any) -> dict[str, Any]:
    """Declare two part uses at once, ten more consented to for the first."""
    items = [item(permit, quantity, number, document=PART) for number, quantity in enumerate(quantities, 1)]
    found = await lodged(db, declaration(*items, **SHIPMENT, **more), A if more else B)
    return await turn(db, turns.consent, found, AUTHORITY_ZA, stated(Consent, item=1, quantity="10"))


@pytest.mark.parametrize("corrected", [False, True])
async def test_what_one_item_needs_of_a_consent_while_another_has_not_freed_it_is_nobody_elses(
    permits_db: AsyncEngine, corrected: bool
) -> None:
    id, permit = await hundred(permits_db)
    found = await of_two_items(permits_db, permit, "60", "40")
    items = [{"number": 1, "quantity": "70"}, {"number": 2, "quantity": "30"}]
    free = Release() if corrected else stated(Release, items=items)
    await turn(permits_db, turns.release, found, CUSTOMS_FR, free)
    if corrected:
        await recounted(permits_db, found, CUSTOMS_FR, "70", "30")
    kept = await balance(permits_db, id)
    assert (kept["consumed"], kept["available"]) == ("100", "0")
    third = await lodged(permits_db, declaration(item(permit, "10", document=PART), **SHIPMENT))
    assert third["status"] == "rejected"
    await entries_add_up(permits_db)


async def test_at_export_what_an_item_drew_and_the_line_does_not_lack_leaves_with_nobody_else(
    permits_db: AsyncEngine,
) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    found = await of_two_items(permits_db, permit, "60", "60", movement="export")
    items = [{"number": 1, "quantity": "70"}, {"number": 2, "quantity": "40"}]
    await turn(permits_db, turns.release, found, CUSTOMS_ZA, stated(Release, items=items))
    assert (await export_balance(permits_db, id))["available"] == "10"
    with pytest.raises(Conflict):
        await endorsed(permits_db, id, A="11")
    leaving = declaration(item(permit, "11", document=PART), movement="export", **SHIPMENT)
    assert (await lodged(permits_db, leaving, A))["status"] == "rejected"
    await entries_add_up(permits_db)


@pytest.mark.parametrize(("kept_of_it", "room"), [(None, "90"), ("90", "0")], ids=["cancelled", "released with less"])
async def test_what_the_line_has_again_is_not_doubled_by_what_was_drawn_while_it_lacked_it(
    permits_db: AsyncEngine, kept_of_it: str | None, room: str
) -> None:
    id, permit = await hundred(permits_db)
    first = await lodged(permits_db, declaration(item(permit, "100", document=PART), **SHIPMENT))
    second = await led_out(permits_db, permit, "10", "10", use="part")
    await (cancelled(permits_db, first) if kept_of_it is None else released(permits_db, first, kept_of_it))
    assert (await balance(permits_db, id))["available"] == room
    third = await lodged(permits_db, declaration(item(permit, f"{int(room) + 1}", document=PART), **SHIPMENT))
    assert third["status"] == "rejected"
    await released(permits_db, second, "10")
    kept = await balance(permits_db, id)
    assert (kept["consented"], kept["available"]) == ("0", room)
    more = await recounted(permits_db, second, CUSTOMS_FR, "20" if room == "0" else "110")
    assert more["usage"][0]["consumed"] in {"20", "110"}, "its own consent it may draw on again"
    await entries_add_up(permits_db)


async def test_a_correction_upwards_spends_no_other_items_consent(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first, other = [
        await lodged(permits_db, declaration(item(permit, quantity, document=PART), **SHIPMENT))
        for quantity in ("60", "40")
    ]
    second = await led_out(permits_db, permit, "10", "10", use="part")
    await released(permits_db, other, "40")
    await released(permits_db, first, "50")
    with pytest.raises(Conflict) as no:
        await recounted(permits_db, first, CUSTOMS_FR, "51")
    assert no.value.code == "not-enough-left"
    await released(permits_db, second, "10")
    assert (await balance(permits_db, id))["available"] == "0"
    await entries_add_up(permits_db)


async def test_what_was_drawn_before_more_was_endorsed_goes_back_whole(permits_db: AsyncEngine) -> None:
    permit = terms()
    id = await issued(permits_db, permit)
    out = declaration(item(permit, "100", document=PART), movement="export", **SHIPMENT)
    left = await lodged(permits_db, out, A)
    await turn(permits_db, turns.release, left, CUSTOMS_ZA, Release())
    first = await lodged(permits_db, declaration(item(permit, "100", document=PART), **SHIPMENT))
    await consented(permits_db, first, "20")
    await released(permits_db, first, "120")
    await recounted(permits_db, left, CUSTOMS_ZA, "120")
    await recounted(permits_db, first, CUSTOMS_FR, "119")
    kept = await balance(permits_db, id)
    assert (kept["consented"], kept["available"], kept["closed"]) == ("0", "1", False)
    await entries_add_up(permits_db)


async def test_a_crossing_is_not_corrected_by_the_consent_for_another(permits_db: AsyncEngine) -> None:
    permit = terms(line(quantity="3"), kind="musical_instrument")
    await endorsed(permits_db, await issued(permits_db, permit), A="3")
    first = await lodged(permits_db, declaration(item(permit, "3")))
    await turn(permits_db, turns.release, first, CUSTOMS_FR, Release())
    second = await lodged(permits_db, declaration(item(permit, "5")))
    await consented(permits_db, second, "2")
    over = stated(Override, rule=QUANTITY, reason="consented")
    assert (await turn(permits_db, turns.override, second, CUSTOMS_FR, over))["status"] == "accepted"
    with pytest.raises(Conflict) as no:
        await recounted(permits_db, first, CUSTOMS_FR, "5")
    assert no.value.code == "not-enough-left"
    await entries_add_up(permits_db)


async def test_a_line_used_up_by_parts_is_closed_whatever_a_consent_was_to_add(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    await endorsed(permits_db, id, A="20")
    first = await lodged(permits_db, declaration(item(permit, "120", document=PART), **SHIPMENT))
    second = await led_out(permits_db, permit, "10", "10", use="part")
    await released(permits_db, first, "120")
    await cancelled(permits_db, second)
    kept, status = await balance(permits_db, id), (await reading.permit(permits_db, id, AUTHORITY_ZA, now()))["status"]
    assert (kept["consumed"], kept["available"], kept["closed"], status) == ("120", "0", True, "exhausted")
    async with permits_db.connect() as conn:
        told = (await conn.execute(text("SELECT count(*) FROM news WHERE type = 'permit.exhausted'"))).scalar_one()
    assert told == 1
    await entries_add_up(permits_db)


async def test_who_holds_a_consent_still_uses_it_after_parts_used_up_the_line(permits_db: AsyncEngine) -> None:
    id, permit = await hundred(permits_db)
    first = await lodged(permits_db, declaration(item(permit, "100", document=PART), **SHIPMENT))
    second = await led_out(permits_db, permit, "10", "10", use="part")
    await released(permits_db, first, "100")
    await released(permits_db, second, "10")
    await recounted(permits_db, first, CUSTOMS_FR, "80")
    kept = await balance(permits_db, id)
    assert (kept["consumed"], kept["available"], kept["closed"]) == ("90", "10", False)
    await entries_add_up(permits_db)
