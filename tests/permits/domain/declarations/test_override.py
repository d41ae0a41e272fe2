"""Override, consent and correction: officers settle findings, and no decision overdraws a line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import transitions
from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import endorse, withdraw
from services.permits.actions.permits import read as permits_read
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Release
from shared.contracts.permit import Endorsement, Revocation
from shared.problems import Conflict, Invalid
from tests.permits.declaration_steps import (
    accepted_declaration,
    build_model,
    check_balances,
    lodge_part_uses,
    run_command,
)
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
    party,
    permit_content,
)
from tests.permits.view_json import as_json


async def test_part_uses_close_a_line_exactly_while_nothing_is_left(permits_db: AsyncEngine) -> None:
    permit_id, (first, second) = await lodge_part_uses(permits_db, "100", "60", "40")
    await run_command(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    assert not (await balance(permits_db, permit_id))["closed"]
    await run_command(permits_db, transitions.release, second, CUSTOMS_FR, Release())
    assert (await balance(permits_db, permit_id))["closed"]
    less = build_model(Correction, items=[{"number": 1, "quantity": "30"}], reason="recounted")
    await run_command(permits_db, transitions.correct, second, CUSTOMS_FR, less)
    kept = await balance(permits_db, permit_id)
    assert [kept["closed"], kept["available"]] == [False, "10"]
    await check_balances(permits_db)


async def test_correction_of_two_items_of_one_line_counts_them_together(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, "60"), item(permit, "40", 2)))
    found = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    none = [{"number": 1, "quantity": "0"}, {"number": 2, "quantity": "0"}]
    await run_command(
        permits_db, transitions.correct, found, CUSTOMS_FR, build_model(Correction, items=none, reason="never came")
    )
    kept = await balance(permits_db, permit_id)
    assert [kept["consumed"], kept["closed"], kept["available"]] == ["0", False, "100"]
    await check_balances(permits_db)


async def test_consent_by_the_authority_of_a_third_country_is_allowed(permits_db: AsyncEngine) -> None:
    ma = party("authority", "CN")
    permit = permit_content(kind="other", issuer="CN", export_country="HK")
    await issue_permit(permits_db, permit, ma)
    found = await lodge_declaration(permits_db, declaration(item(permit, "130"), export_country="HK"))
    assert found["status"] == "rejected"
    await run_command(permits_db, transitions.consent, found, ma, build_model(Consent, item=1, quantity="10"))


async def test_override_of_the_last_finding_accepts_the_declaration(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit, "10", source="W", purpose="P")))
    assert found["status"] == "referred"
    one = build_model(Override, rule="CITES-box-10-source", item=1, reason="ranch confirmed")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, one)
    assert found["status"] == "referred"
    assert [f["overridden"] for f in found["findings"]].count(True) == 1
    two = build_model(Override, rule="CITES-box-5a-purpose", reason="typing error")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, two)
    assert (found["status"], found["usage"][0]["reserved"]) == ("accepted", "10")
    assert [(h["overridden"], h["item"], h["reason"], h["by"]["party"]) for h in found["history"][-2:]] == [
        ("CITES-box-10-source", 1, "ranch confirmed", str(CUSTOMS_FR.id)),
        ("CITES-box-5a-purpose", None, "typing error", str(CUSTOMS_FR.id)),
    ]
    await check_balances(permits_db)


async def test_override_beyond_the_line_needs_the_consent_of_the_authority(permits_db: AsyncEngine) -> None:
    permit_id, _ = await accepted_declaration(permits_db, "100")
    permit = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    second = await lodge_declaration(permits_db, declaration(item(permit_content(number=permit), "30")))
    first = build_model(Override, rule="CITES-VI.6-second-use", reason="part load")
    second = await run_command(permits_db, transitions.override, second, CUSTOMS_FR, first)
    last = build_model(Override, rule="CITES-box-11-quantity", reason="see consent")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.override, second, CUSTOMS_FR, last)
    assert refused.value.code == "not-enough-left"
    await run_command(
        permits_db, transitions.consent, second, AUTHORITY_ZA, build_model(Consent, item=1, quantity="12")
    )
    second = await run_command(permits_db, transitions.override, second, CUSTOMS_FR, last)
    assert second["status"] == "accepted"
    kept = await balance(permits_db, permit_id)
    assert (kept["reserved"], kept["consented"]) == ("130", "12")
    await check_balances(permits_db)


async def test_inexact_unit_is_settled_by_the_quantity_of_the_officer(permits_db: AsyncEngine) -> None:
    permit = permit_content(line("A", "100", term="SAW", unit="m3", taxon="Pericopsis elata", source="W"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="100")
    wood = item(permit, "7000", term="SAW", unit="kg", taxon="Pericopsis elata", source="W")
    found = await lodge_declaration(permits_db, declaration(wood))
    assert "no exact conversion" in found["findings"][0]["found"]
    for more in ({}, {"item": 1}, {"quantity": "10.5"}):
        with pytest.raises(Invalid) as refused:
            vague = build_model(Override, rule="CITES-box-11-unit", reason="x", **more)
            await run_command(permits_db, transitions.override, found, CUSTOMS_FR, vague)
        assert refused.value.code == "override-incomplete"
    figure = build_model(Override, rule="CITES-box-11-unit", item=1, reason="measured", quantity="10.5")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, figure)
    assert (found["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "10.5")
    assert found["history"][-1].items() >= {"overridden": "CITES-box-11-unit", "item": 1, "quantity": "10.5"}.items()
    with pytest.raises(Invalid) as refused:
        less = build_model(Release, items=[{"number": 1, "quantity": "6000"}])
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, less)
    assert refused.value.code == "inexact-unit"
    less = build_model(Release, items=[{"number": 1, "quantity": "10", "unit": "m3"}])
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, less)
    assert (await balance(permits_db, permit_id))["consumed"] == "10"
    more_of_it = {"items": [{"number": 1, "quantity": "11000000", "unit": "cm3"}], "reason": "measured again"}
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, build_model(Correction, **more_of_it))
    assert (await balance(permits_db, permit_id))["consumed"] == "11"


async def test_ambiguous_line_is_settled_by_the_line_of_the_officer(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", term="LIV"))
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118", B="40")
    vague = item(permit, "10")
    del vague["term"]
    found = await lodge_declaration(permits_db, declaration(vague))
    with pytest.raises(Invalid) as refused:
        await run_command(
            permits_db,
            transitions.override,
            found,
            CUSTOMS_FR,
            build_model(Override, rule="one-line-meant", reason="x"),
        )
    assert {fault.pointer for fault in refused.value.faults} == {"/item", "/line"}
    named = build_model(Override, rule="one-line-meant", item=1, line="A", reason="skins")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, named)
    assert (found["status"], found["usage"][0]["line"], found["usage"][0]["reserved"]) == ("accepted", "A", "10")
    await check_balances(permits_db)


async def test_override_with_less_than_the_declared_quantity_is_refused(permits_db: AsyncEngine) -> None:
    permit_id, _ = await accepted_declaration(permits_db, "60")
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at)))["number"]
    second = await lodge_declaration(permits_db, declaration(item(permit_content(number=number), "60")))
    first = build_model(Override, rule="CITES-VI.6-second-use", reason="part load")
    second = await run_command(permits_db, transitions.override, second, CUSTOMS_FR, first)
    less = build_model(Override, rule="CITES-box-11-quantity", item=1, quantity="1", reason="x")
    with pytest.raises(Invalid) as refused:
        await run_command(permits_db, transitions.override, second, CUSTOMS_FR, less)
    assert refused.value.code == "quantity-stands"


async def test_correction_uses_no_quantity_that_others_reserved(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "100"}], "transport_document": "MAEU-1"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, build_model(Endorsement, **box_14), command())
    part: dict[str, Any] = {"document": {"use": "part"}}
    one = await lodge_declaration(permits_db, declaration(item(permit, "60", **part), transport_document="MAEU-1"))
    await lodge_declaration(permits_db, declaration(item(permit, "40", **part), transport_document="MAEU-1"))
    await run_command(permits_db, transitions.release, one, CUSTOMS_FR, Release())
    more = build_model(Correction, items=[{"number": 1, "quantity": "61"}], reason="recounted")
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.correct, one, CUSTOMS_FR, more)
    assert refused.value.code == "not-enough-left"
    await check_balances(permits_db)


async def test_correction_has_the_value_date_of_the_use(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    last_year = replace(command(), at=command().at - timedelta(days=400))
    await transitions.release(permits_db, UUID(found["id"]), CUSTOMS_FR, Release(), last_year)
    less = build_model(Correction, items=[{"number": 1, "quantity": "90"}], reason="recounted")
    await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, less)
    entries = (await as_json(list_entries(permits_db, permit_id, AUTHORITY_ZA)))["data"]
    assert {e["day"] for e in entries[-2:]} == {day_in_last_zone("FR", last_year.at).isoformat()}


async def test_consent_to_a_cancelled_declaration_is_refused(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    await run_command(permits_db, transitions.cancel, found, B, Cancellation())
    with pytest.raises(Conflict):
        await run_command(
            permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=1, quantity="500")
        )


async def test_correction_goes_up_and_down_and_to_zero_opens_the_line(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    found = await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())

    async def correct_to(quantity: str) -> dict[str, Any]:
        body = build_model(Correction, items=[{"number": 1, "quantity": quantity}], reason="recounted")
        after = await run_command(permits_db, transitions.correct, found, CUSTOMS_FR, body)
        assert after["status"] == "released"
        await check_balances(permits_db)
        return await balance(permits_db, permit_id)

    assert (await correct_to("110"))["consumed"] == "110"
    assert (await correct_to("90"))["consumed"] == "90"
    with pytest.raises(Conflict) as refused:
        await correct_to("119")
    assert refused.value.code == "not-enough-left"
    opened = await correct_to("0")
    assert [opened["consumed"], opened["available"], opened["closed"]] == ["0", "118", False]
    permit = await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, command().at))
    assert permit["status"] == "endorsed"


async def test_revocation_adds_a_finding_to_a_referred_declaration(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    found = await lodge_declaration(permits_db, declaration(item(permit)))
    assert found["status"] == "referred"
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    one = build_model(Override, rule="CITES-box-14-endorsement", reason="seen on paper")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, one)
    assert found["status"] == "referred"
    two = build_model(Override, rule="CITES-VI.1-withdrawn", reason="left before")
    assert (await run_command(permits_db, transitions.override, found, CUSTOMS_FR, two))["status"] == "accepted"


async def test_permit_revoked_after_the_check_adds_a_finding_to_the_override(permits_db: AsyncEngine) -> None:
    permit = permit_content()
    permit_id = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, permit_id, A="118")
    found = await lodge_declaration(permits_db, declaration(item(permit), import_country="FR", export_country="NA"))
    assert found["status"] == "rejected"
    await withdraw.revoke(permits_db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())
    over = build_model(Override, rule="CITES-box-4-export-country", reason="transit")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, over)
    assert (found["status"], found["findings"][-1]["rule"]) == ("rejected", "CITES-VI.1-withdrawn")
    last = build_model(Override, rule="CITES-VI.1-withdrawn", reason="left before")
    assert (await run_command(permits_db, transitions.override, found, CUSTOMS_FR, last))["status"] == "accepted"
