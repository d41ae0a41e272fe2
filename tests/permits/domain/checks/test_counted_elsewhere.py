"""Uses that another declaration counts: its name, the claims on its count, and claims after an override."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions.declarations import read, transitions
from services.permits.actions.declarations.recheck import recheck_referred
from services.permits.actions.permits import withdraw
from shared.contracts.declaration import Consent, Override, Refusal, Release
from shared.contracts.permit import Loss, Permit, Recovery
from shared.database import now
from shared.problems import Conflict
from tests.permits.declaration_steps import build_model, check_balances, run_command
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
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
from tests.superuser import write_as_superuser

ELSEWHERE = "CITES-box-4-export-country"


async def release_first_declaration(db: AsyncEngine, quantity: str = "100") -> tuple[Permit, dict[str, Any]]:
    """Return a permit and a released declaration that used this quantity of it."""
    permit = permit_content()
    await endorse_permit(db, await issue_permit(db, permit), A="118")
    first = await lodge_declaration(db, declaration(item(permit, quantity)))
    return permit, await run_command(db, transitions.release, first, CUSTOMS_FR, Release())


def claim(permit: Permit, quantity: str, by: str, number: int = 1) -> dict[str, Any]:
    """Return an item whose use the declaration `by` counts already."""
    return item(permit, quantity, number, document={"use": "already_counted", "counted_by": by})


async def override_rule(db: AsyncEngine, found: dict[str, Any], rule: str) -> dict[str, Any]:
    """Override the findings of a rule and return the declaration."""
    return await run_command(
        db, transitions.override, found, CUSTOMS_FR, build_model(Override, rule=rule, reason="seen")
    )


async def test_counting_declaration_named_by_reference_is_found(permits_db: AsyncEngine) -> None:
    permit, first = await release_first_declaration(permits_db)
    found = await lodge_declaration(permits_db, declaration(claim(permit, "60", first["reference"])))
    assert (found["status"], found["findings"]) == ("accepted", [])
    more = await lodge_declaration(permits_db, declaration(claim(permit, "41", first["id"])))
    assert (more["status"], more["findings"][0]["rule"]) == ("referred", "counted-already")
    assert "60 of it for others" in more["findings"][0]["found"]
    none = await lodge_declaration(permits_db, declaration(claim(permit, "1", "B-nothing")))
    assert (none["status"], none["findings"][0]["found"]) == ("referred", "B-nothing")


async def test_reference_of_another_trader_is_not_found(server: Server, permits_db: AsyncEngine) -> None:
    permit, first = await release_first_declaration(permits_db)
    other = "UPDATE declarations SET trader_id = gen_random_uuid() WHERE id = $1"
    await write_as_superuser(server, permits_db, other, UUID(first["id"]))
    found = await lodge_declaration(permits_db, declaration(claim(permit, "60", first["reference"])))
    assert found["status"] == "referred"


async def test_claim_of_a_rejected_declaration_is_made_again_after_the_override(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await release_first_declaration(permits_db)
    found = await lodge_declaration(permits_db, declaration(claim(permit, "60", first["id"]), export_country="NA"))
    assert found["status"] == "rejected"
    found = await override_rule(permits_db, found, ELSEWHERE)
    assert found["status"] == "accepted"
    late = await lodge_declaration(permits_db, declaration(claim(permit, "60", first["id"])))
    assert (late["status"], late["findings"][0]["rule"]) == ("referred", "counted-already")
    await check_balances(permits_db)


async def test_count_claimed_by_others_after_a_rejection_adds_a_finding_to_the_override(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await release_first_declaration(permits_db)
    form = declaration(claim(permit, "60", first["id"]), claim(permit, "30", first["id"], 2), export_country="NA")
    found = await lodge_declaration(permits_db, form)
    other = await lodge_declaration(permits_db, declaration(claim(permit, "35", first["id"])))
    assert (found["status"], other["status"]) == ("rejected", "accepted")
    found = await override_rule(permits_db, found, ELSEWHERE)
    assert (found["status"], found["findings"][-1]["pointer"]) == ("rejected", "/items/1/documents/0/counted_by")
    assert (await override_rule(permits_db, found, "counted-already"))["status"] == "accepted"


async def test_last_override_of_a_rejected_declaration_reserves_on_all_its_permits(
    permits_db: AsyncEngine,
) -> None:
    out = permit_content(line(appendix="I"))
    into = permit_content(line(appendix="I"), kind="import", issuer="FR")
    ids = [await issue_permit(permits_db, out), await issue_permit(permits_db, into, AUTHORITY_FR)]
    await endorse_permit(permits_db, ids[0], A="118")
    one = item(out, "100")
    one["documents"].append({"number": into.number, "issuer": "FR", "use": "part"})
    found = await lodge_declaration(permits_db, declaration(one, item(out, "20", 2)))
    assert (found["status"], [u["reserved"] for u in found["usage"]]) == ("rejected", ["0", "0", "0"])
    await run_command(permits_db, transitions.consent, found, AUTHORITY_ZA, build_model(Consent, item=2, quantity="2"))
    for rule in sorted({f["rule"] for f in found["findings"] if f["severity"] != "note"}):
        assert [(await balance(permits_db, permit_id))["reserved"] for permit_id in ids] == ["0", "0"]
        found = await override_rule(permits_db, found, rule)
    assert found["status"] == "accepted"
    assert [u["reserved"] for u in found["usage"]] == ["100", "100", "20"]
    assert [(await balance(permits_db, permit_id))["reserved"] for permit_id in ids] == ["120", "100"]
    more = {"items": [{"number": 2, "quantity": "21"}]}
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, build_model(Release, **more))
    assert refused.value.code == "not-enough-left", "the reservation uses the whole consent"
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    await check_balances(permits_db)


async def test_quantity_of_a_claim_stated_by_an_officer_is_checked_against_the_count(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await release_first_declaration(permits_db)
    vague = claim(permit, "7", first["id"]) | {"unit": "kg"}
    found = await lodge_declaration(permits_db, declaration(vague))
    assert [f["rule"] for f in found["findings"]] == ["CITES-box-11-unit"]
    figure = build_model(Override, rule="CITES-box-11-unit", item=1, quantity="101", reason="weighed")
    found = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, figure)
    assert (found["status"], found["findings"][-1]["rule"]) == ("referred", "counted-already")
    less = await lodge_declaration(permits_db, declaration(vague))
    figure = build_model(Override, rule="CITES-box-11-unit", item=1, quantity="100", reason="weighed")
    assert (await run_command(permits_db, transitions.override, less, CUSTOMS_FR, figure))["findings"][-1]["found"] == (
        f"{first['id']}, which counted 100 number, 101 of it for others"
    )


async def test_unconfirmed_count_claims_nothing_until_an_officer_overrides_it(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await release_first_declaration(permits_db, "60")
    wrong = await lodge_declaration(permits_db, declaration(claim(permit, "61", first["id"])))
    assert (wrong["status"], wrong["findings"][0]["rule"]) == ("referred", "counted-already")
    right = await lodge_declaration(permits_db, declaration(claim(permit, "60", first["id"])))
    assert (right["status"], right["findings"]) == ("accepted", [])
    await run_command(permits_db, transitions.refuse, right, CUSTOMS_FR, Refusal(reason="not of this shipment"))
    assert (await override_rule(permits_db, wrong, "counted-already"))["status"] == "accepted"
    late = await lodge_declaration(permits_db, declaration(claim(permit, "1", first["id"])))
    assert "61 of it for others" in late["findings"][0]["found"]


async def test_overridden_count_is_claimed_when_its_lost_permit_is_found(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line(), line("B", "40", term="MEA", unit="kg"))
    here = await issue_permit(permits_db, permit)
    await endorse_permit(permits_db, here, A="60", B="40")
    first = await lodge_declaration(permits_db, declaration(item(permit, "60")))
    first = await run_command(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    found = await lodge_declaration(permits_db, declaration(claim(permit, "61", first["id"])))
    await withdraw.report_lost(permits_db, here, AUTHORITY_ZA, Loss(), command())
    assert (await override_rule(permits_db, found, "counted-already"))["status"] == "referred"
    await withdraw.report_found(permits_db, here, AUTHORITY_ZA, Recovery(), command())
    await _assert_61_claimed(permits_db, permit, first, found)


async def test_overridden_count_is_claimed_when_another_permit_of_the_item_is_endorsed(permits_db: AsyncEngine) -> None:
    permit, first = await release_first_declaration(permits_db, "60")
    other = permit_content()
    permit_id = await issue_permit(permits_db, other)
    wrong = {**claim(permit, "61", first["id"]), "quantity": "81"}
    wrong["documents"][0]["quantity"] = "61"
    wrong["documents"].append({"number": other.number, "issuer": "ZA", "quantity": "20"})
    found = await lodge_declaration(permits_db, declaration(wrong))
    assert (await override_rule(permits_db, found, "counted-already"))["status"] == "referred"
    await endorse_permit(permits_db, permit_id, A="100")
    await recheck_referred(permits_db, now())
    await _assert_61_claimed(permits_db, permit, first, found)


async def _assert_61_claimed(db: AsyncEngine, permit: Permit, first: dict[str, Any], found: dict[str, Any]) -> None:
    """Assert that a declaration is accepted and claims 61 of the count of `first`."""
    assert (await as_json(read.read_declaration(db, UUID(found["id"]), B)))["status"] == "accepted"
    late = await lodge_declaration(db, declaration(claim(permit, "1", first["id"])))
    assert "61 of it for others" in late["findings"][0]["found"]


async def test_claim_does_not_count_against_the_recheck_of_its_own_declaration(permits_db: AsyncEngine) -> None:
    permit, first = await release_first_declaration(permits_db, "60")
    other_permit = permit_content()
    permit_id = await issue_permit(permits_db, other_permit)
    item_of_both = {**claim(permit, "60", first["id"]), "quantity": "80"}
    item_of_both["documents"][0]["quantity"] = "60"
    item_of_both["documents"].append({"number": other_permit.number, "issuer": "ZA", "quantity": "20"})
    waits = await lodge_declaration(permits_db, declaration(item_of_both))
    assert [f["rule"] for f in waits["findings"]] == ["CITES-box-14-endorsement"]
    await endorse_permit(permits_db, permit_id, A="100")
    await recheck_referred(permits_db, now())
    found = await as_json(read.read_declaration(permits_db, UUID(waits["id"]), B))
    assert (found["status"], found["findings"]) == ("accepted", [])
    same = declaration(claim(permit, "60", first["id"]), reference=found["reference"])
    amended = await run_command(permits_db, transitions.amend, found, B, same)
    assert (amended["status"], amended["findings"]) == ("accepted", [])
    other = await lodge_declaration(permits_db, declaration(claim(permit, "1", first["id"])))
    assert other["findings"][0]["rule"] == "counted-already", "the claim still counts for other declarations"
    await check_balances(permits_db)
