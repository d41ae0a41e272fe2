"""Consent of the authority to more than the permit, dead animals, uses counted elsewhere and late uses."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read as declarations_read
from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import endorse
from services.permits.actions.permits import read as permits_read
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Release
from shared.contracts.permit import Endorsement
from shared.database import now
from shared.problems import Conflict, Invalid
from tests.permits.declaration_steps import accepted_declaration, build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    B,
    balance,
    command,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json


def _release_of(quantity: str, **more: Any) -> Release:
    """Return a release of this quantity of item 1."""
    return Release.model_validate({"items": [{"number": 1, "quantity": quantity, **more}]})


async def test_release_of_more_than_declared_needs_the_consent_of_the_authority(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, "118")
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("125"))
    assert (refused.value.code, "consent" in refused.value.detail) == ("more-than-declared", True)
    after = await run_command(
        permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="5")
    )
    assert (after["status"], after["history"][-1]["event"]) == ("accepted", "declaration.consented")
    with pytest.raises(Conflict) as over:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("125"))
    assert over.value.code == "more-than-reserved"
    after = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("123"))
    kept = await balance(permits_db, permit_id)
    assert (after["status"], kept["consumed"], kept["consented"]) == ("released", "123", "5")
    await check_balances(permits_db)


async def test_consent_stays_after_an_amendment(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, "118")
    await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="5"))
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, B, now())))["number"]
    again = declaration(item(permit_content(number=number), "110"), reference=found["reference"])
    found = await run_command(permits_db, transitions.amend, found, B, again)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("115"))
    assert (await balance(permits_db, permit_id))["consumed"] == "115"


async def test_correction_beyond_the_permit_needs_the_consent_of_the_authority(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, "118")
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    more = build_model(Correction, items=[{"number": 1, "quantity": "120"}], reason="recounted")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, more)
    assert refused.value.code == "not-enough-left"
    assert "At most 0 number more may arrive on line A of permit" in str(refused.value)
    assert "Customs released 118. The authority of ZA may consent to more" in str(refused.value)
    await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="2"))
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, more)
    assert (await balance(permits_db, permit_id))["consumed"] == "120"
    await check_balances(permits_db)


async def test_officer_states_no_fraction_of_a_counted_specimen(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    endorsed = build_model(Endorsement, lines=[{"line": "A", "quantity": "99.5"}])
    permit_id = await issue_permit(permits_db, permit)
    with pytest.raises(Invalid, match="quantity-not-whole") as refused:
        await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, endorsed, command())
    assert [fault.pointer for fault in refused.value.faults] == ["/lines/0/quantity"]
    _, found = await accepted_declaration(permits_db, "118")
    with pytest.raises(Invalid, match="quantity-not-whole"):
        await run_command(
            permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="0.5")
        )
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    fewer = build_model(Correction, items=[{"number": 1, "quantity": "99.5"}], reason="recounted")
    with pytest.raises(Invalid, match="quantity-not-whole"):
        await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, fewer)


async def test_correction_changes_the_number_of_dead_animals(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, term="LIV")
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("90", dead_on_arrival=3))
    less = build_model(Correction, items=[{"number": 1, "quantity": "90", "dead_on_arrival": 4}], reason="recounted")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, less)
    last = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA)))["data"][-1]
    assert (last["kind"], last["quantity"], last["dead_on_arrival"]) == ("correct", "0", 4)
    over = build_model(Correction, items=[{"number": 1, "quantity": "3", "dead_on_arrival": 4}], reason="x")
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, over)
    assert refused.value.code == "dead-on-arrival"


async def test_correction_to_fewer_animals_than_died_is_refused(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db, term="LIV")
    after = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of("40", dead_on_arrival=40))
    assert after["usage"][0]["dead_on_arrival"] == 40

    async def corrected(**more: Any) -> dict[str, Any]:
        fewer = build_model(Correction, items=[{"number": 1, "quantity": "30", **more}], reason="recounted")
        return await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, fewer)

    with pytest.raises(Invalid) as refused:
        await corrected()
    [fault] = refused.value.faults
    assert (fault.code, fault.pointer) == ("dead-on-arrival", "/items/0/dead_on_arrival")
    assert "send `dead_on_arrival` again" in fault.detail
    assert (await corrected(dead_on_arrival=30))["usage"][0]["dead_on_arrival"] == 30
    assert (await corrected())["usage"][0]["dead_on_arrival"] == 30, "a number that is not stated again stays"
    assert (await corrected(dead_on_arrival=0))["usage"][0]["dead_on_arrival"] == 0
    read = await as_json(declarations_read.read_declaration(permits_db, UUID(found["id"]), B))
    assert read["usage"][0]["dead_on_arrival"] == 0


async def _release_first_declaration(db: AsyncEngine, quantity: str = "100") -> tuple[Any, dict[str, Any]]:
    """Return a permit and a released declaration that used this quantity of it."""
    permit = permit_content()
    await endorse_permit(db, await issue_permit(db, permit), A="118")
    first = await lodge_declaration(db, declaration(item(permit, quantity)))
    await run_command(db, transitions.release, first, CUSTOMS_FR, Release())
    return permit, first


def _claim(permit: Any, quantity: str, by: str | None, number: int = 1) -> dict[str, Any]:
    """Return an item whose use the declaration `by` counts already."""
    return item(permit, quantity, number, document={"use": "already_counted", "counted_by": by})


async def test_use_that_another_declaration_counts_is_not_counted_again(permits_db: AsyncEngine) -> None:
    permit, first = await _release_first_declaration(permits_db)
    found = await lodge_declaration(permits_db, declaration(_claim(permit, "100", first["id"])))
    assert (found["status"], found["findings"]) == ("accepted", [])
    assert (await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release()))["status"] == "released"
    await check_balances(permits_db)


async def test_claims_never_exceed_the_quantity_that_was_counted(permits_db: AsyncEngine) -> None:
    permit, first = await _release_first_declaration(permits_db)
    claims = [
        await lodge_declaration(permits_db, declaration(_claim(permit, q, first["id"]))) for q in ("60", "40", "1")
    ]
    assert [one["status"] for one in claims] == ["accepted", "accepted", "referred"]
    [finding] = claims[2]["findings"]
    assert finding["rule"] == "counted-already"
    assert finding["found"] == f"{first['id']}, which counted 100 number, 100 of it for others"
    await run_command(permits_db, transitions.cancel, claims[1], B, Cancellation())
    assert (await lodge_declaration(permits_db, declaration(_claim(permit, "1", first["id"]))))["status"] == "accepted"
    twice = declaration(_claim(permit, "30", first["id"]), _claim(permit, "30", first["id"], 2))
    assert (await lodge_declaration(permits_db, twice))["status"] == "referred"


@pytest.mark.parametrize("named", ["none", "no declaration", "a word", "one that counted elsewhere"])
async def test_count_of_another_line_is_referred(permits_db: AsyncEngine, named: str) -> None:
    permit, _ = await _release_first_declaration(permits_db)
    _, elsewhere = await _release_first_declaration(permits_db)
    by = {
        "no declaration": str(UUID(int=7)),
        "none": None,
        "a word": "B-1",
        "one that counted elsewhere": elsewhere["id"],
    }
    cites = _claim(permit, "10", by[named])
    found = await lodge_declaration(permits_db, declaration(cites))
    assert (found["status"], found["findings"][0]["pointer"]) == ("referred", "/items/0/documents/0/counted_by")


@pytest.mark.parametrize(("use", "status", "rule"), [
    ("late", "referred", "CITES-VI.2-late"), ("exhausts", "rejected", "CITES-VI.2-validity"),
])  # fmt: skip
async def test_use_after_the_last_day_is_referred_if_declared_late_and_else_rejected(
    permits_db: AsyncEngine, use: str, status: str, rule: str
) -> None:
    permit = permit_content()
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    after = now() + timedelta(days=62)
    found = await lodge_declaration(permits_db, declaration(item(permit, "10", document={"use": use})), at=after)
    assert (found["status"], rule in {f["rule"] for f in found["findings"]}) == (status, True)


async def test_event_of_a_consent_has_item_quantity_and_status(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db, "118")
    await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="5"))
    async with permits_db.connect() as conn:
        query = text("SELECT data::json AS data FROM outbox_events WHERE type = 'declaration.consented'")
        data = (await conn.execute(query)).scalar_one()
    assert (data["status"], data["item"], data["quantity"]) == ("accepted", 1, "5")


async def test_consent_in_an_inexact_unit_is_stated_in_the_unit_of_the_line(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line("A", "10", term="SAW", unit="m3", taxon="Pericopsis elata", source="W"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="10")
    wood = item(permit, "8000", term="SAW", unit="kg", taxon="Pericopsis elata", source="W")
    found = await lodge_declaration(permits_db, declaration(wood))
    with pytest.raises(Invalid) as refused:
        await run_command(
            permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="2")
        )
    assert refused.value.code == "inexact-unit"
    more = build_model(Consent, item=1, quantity="2", unit="m3")
    after = await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, more)
    assert after["history"][-1].items() >= {"item": 1, "quantity": "2", "unit": "m3"}.items()
    figure = build_model(Override, rule="CITES-box-11-unit", item=1, quantity="11", reason="measured")
    assert (await run_command(permits_db, transitions.override, found, CUSTOMS_FR, figure))["status"] == "accepted"
    kept = await balance(permits_db, permit_id)
    assert (kept["reserved"], kept["consented"]) == ("11", "1"), "the item uses of its consent only what the line lacks"


@pytest.mark.parametrize(("unit", "arrived", "later", "dead"), [("kg", "5", "3.5", 40), ("pair", "5", "4", 8)])
async def test_dead_animals_are_counted_whatever_the_unit_of_the_arrived_quantity(
    permits_db: AsyncEngine, unit: str, arrived: str, later: str, dead: int
) -> None:
    permit = permit_content(line(term="LIV", unit="kg" if unit == "kg" else "number"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, arrived, term="LIV", unit=unit)))
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, _release_of(arrived, dead_on_arrival=dead))
    fewer = build_model(Correction, items=[{"number": 1, "quantity": later}], reason="weighed again")
    after = await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, fewer)
    assert after["usage"][0]["dead_on_arrival"] == dead
