"""Consents: only their own item uses them, and they end with its declaration."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import endorse
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Refusal, Release
from shared.contracts.permit import Endorsement, Permit
from shared.problems import Conflict
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    export_balance,
    issue_permit,
    item,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

QUANTITY = "CITES-box-11-quantity"
SHIPMENT = {"transport_document": "M-1"}
PART_USE = {"use": "part"}


async def endorse_hundred(db: AsyncEngine) -> tuple[UUID, Permit]:
    """Issue a permit and endorse 100 of one shipment. Return its id and content."""
    permit = permit_content()
    permit_id = await issue_permit(db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "100"}], **SHIPMENT}
    await endorse.endorse(db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    return permit_id, permit


async def give_consent(db: AsyncEngine, found: dict[str, Any], quantity: str) -> dict[str, Any]:
    """Consent to this quantity for item 1 as the authority of ZA."""
    return await run_command(
        db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity=quantity)
    )


async def release_declaration(db: AsyncEngine, found: dict[str, Any], quantity: str) -> dict[str, Any]:
    """Release this quantity of item 1."""
    items = [{"number": 1, "quantity": quantity}]
    return await run_command(db, transitions.release, found, CUSTOMS_FR, build_model(Release, items=items))


async def accept_with_consent(
    db: AsyncEngine, permit: Permit, quantity: str, more: str, **document: str
) -> dict[str, Any]:
    """Lodge more than is left, consent to it, and override the finding about the quantity."""
    found = await lodge_declaration(db, declaration(item(permit, quantity, document=document), **SHIPMENT))
    assert found["status"] == "rejected"
    await give_consent(db, found, more)
    return await run_command(
        db, transitions.override, found, CUSTOMS_FR, build_model(Override, rule=QUANTITY, reason="consented")
    )


async def test_consent_is_not_used_by_another_declaration(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await lodge_declaration(permits_db, declaration(item(permit, "100", document=PART_USE), **SHIPMENT))
    await give_consent(permits_db, first, "10")
    second = await lodge_declaration(permits_db, declaration(item(permit, "10", document=PART_USE), **SHIPMENT))
    assert (second["status"], [f["rule"] for f in second["findings"]][:1]) == ("rejected", [QUANTITY])
    assert (await release_declaration(permits_db, first, "110"))["status"] == "released"
    kept = await balance(permits_db, permit_id)
    assert (kept["consumed"], kept["consented"], kept["available"], kept["closed"]) == ("110", "10", "0", True)
    await check_balances(permits_db)


EndDeclaration = Callable[[AsyncEngine, dict[str, Any]], Awaitable[dict[str, Any]]]


async def cancel_declaration(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Cancel a declaration as its trader."""
    return await run_command(db, transitions.cancel, found, B, Cancellation())


async def refuse_declaration(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Refuse a declaration as customs."""
    return await run_command(db, transitions.refuse, found, CUSTOMS_FR, Refusal(reason="no"))


@pytest.mark.parametrize("ends", [cancel_declaration, refuse_declaration])
@pytest.mark.parametrize("used", [False, True], ids=["not used", "used"])
async def test_consent_ends_with_its_declaration(permits_db: AsyncEngine, ends: EndDeclaration, used: bool) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    if used:
        first = await accept_with_consent(permits_db, permit, "110", "10")
        assert (await balance(permits_db, permit_id))["reserved"] == "110"
    else:
        first = await lodge_declaration(permits_db, declaration(item(permit, "100"), **SHIPMENT))
        await give_consent(permits_db, first, "10")
    await ends(permits_db, first)
    second = await lodge_declaration(permits_db, declaration(item(permit, "110"), **SHIPMENT))
    assert (second["status"], [f["rule"] for f in second["findings"]]) == ("rejected", [QUANTITY])
    kept = await balance(permits_db, permit_id)
    assert (kept["available"], kept["consented"]) == ("100", "0")
    await check_balances(permits_db)


async def test_amendment_beyond_the_line_needs_a_new_override(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await accept_with_consent(permits_db, permit, "110", "10")
    again = declaration(item(permit, "105"), reference=first["reference"], **SHIPMENT)
    first = await run_command(permits_db, transitions.amend, first, B, again)
    assert (first["status"], (await balance(permits_db, permit_id))["consented"]) == ("rejected", "0")
    over = build_model(Override, rule=QUANTITY, reason="consented to before")
    assert (await run_command(permits_db, transitions.override, first, CUSTOMS_FR, over))["status"] == "accepted"
    assert (await balance(permits_db, permit_id))["consented"] == "5"
    await check_balances(permits_db)


async def test_unused_part_of_a_consent_is_not_available_on_the_line(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await accept_with_consent(permits_db, permit, "110", "10", use="part")
    await release_declaration(permits_db, first, "95")
    kept = await balance(permits_db, permit_id)
    assert (kept["consumed"], kept["consented"], kept["available"]) == ("95", "0", "5")
    more = build_model(Correction, items=[{"number": 1, "quantity": "108"}], reason="recounted")
    await run_command(permits_db, transitions.correct, first, CUSTOMS_FR, more)
    assert (await balance(permits_db, permit_id))["consented"] == "8", "the same item may still use its consent"
    less = build_model(Correction, items=[{"number": 1, "quantity": "90"}], reason="recounted again")
    await run_command(permits_db, transitions.correct, first, CUSTOMS_FR, less)
    kept = await balance(permits_db, permit_id)
    assert (kept["consented"], kept["available"], kept["closed"]) == ("0", "10", False)
    too_much = build_model(Correction, items=[{"number": 1, "quantity": "111"}], reason="x")
    with pytest.raises(Conflict) as no:
        await run_command(permits_db, transitions.correct, first, CUSTOMS_FR, too_much)
    assert no.value.code == "not-enough-left"
    await check_balances(permits_db)


async def test_consent_at_export_is_used_only_by_its_own_declaration(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    leaving = declaration(item(permit, "120"), movement="export")
    found = await lodge_declaration(permits_db, leaving, A)
    await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="10"))
    with pytest.raises(Conflict) as no:
        await endorse_permit(permits_db, permit_id, A="1")
    assert no.value.code == "endorsement-exceeds-permit"
    items = [{"number": 1, "quantity": "130"}]
    await run_command(permits_db, transitions.release, found, CUSTOMS_ZA, build_model(Release, items=items))
    assert (await export_balance(permits_db, permit_id))["endorsed"] == "130"
    assert (await balance(permits_db, permit_id))["available"] == "130"
    await check_balances(permits_db)


async def test_ledger_lists_a_consent_when_it_is_given_used_and_returned(permits_db: AsyncEngine) -> None:
    permit_id, permit = await endorse_hundred(permits_db)
    first = await accept_with_consent(permits_db, permit, "110", "10")
    await cancel_declaration(permits_db, first)
    entries = [
        (e["kind"], e["quantity"], e["balance"]["consented"])
        for e in (await as_json(list_entries(permits_db, permit_id, B)))["data"]
    ]
    assert entries[2:] == [
        ("consent", "10", "0"), ("consent_used", "10", "10"), ("reserve", "110", "10"), ("release", "110", "10"),
        ("consent_returned", "10", "0"),
    ]  # fmt: skip


async def test_reservation_that_is_only_a_consent_is_not_displaced(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content()
    await issue_permit(permits_db, permit)
    out = await lodge_declaration(permits_db, declaration(item(permit, "100"), movement="export", **SHIPMENT), A)
    await run_command(permits_db, transitions.release, out, CUSTOMS_ZA, Release())
    first, second = [
        await lodge_declaration(permits_db, declaration(item(permit, quantity, document=PART_USE), **SHIPMENT))
        for quantity in ("90", "10")
    ]
    await release_declaration(permits_db, first, "90")
    third = await accept_with_consent(permits_db, permit, "7", "7", use="part")
    fewer = build_model(Correction, items=[{"number": 1, "quantity": "91"}], reason="recounted")
    await run_command(permits_db, transitions.correct, out, CUSTOMS_ZA, fewer)
    agreed = build_model(Consent, item=1, quantity="1")
    decided = [await run_command(permits_db, transitions.consent, one, AUTHORITY_ZA, agreed) for one in (second, third)]
    assert [one["status"] for one in decided] == ["referred", "accepted"]
    fewer = build_model(Correction, items=[{"number": 1, "quantity": "89"}], reason="recounted")
    with pytest.raises(Conflict) as no:
        await run_command(permits_db, transitions.correct, out, CUSTOMS_ZA, fewer)
    assert no.value.code == "not-enough-left", "90 arrived, and a consent at import does not change what left"
    await check_balances(permits_db)
