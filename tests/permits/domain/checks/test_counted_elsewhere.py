"""What was counted already is named by id or reference, and claimed anew when an officer overrides a rejection."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.declarations.recheck import recheck_all
from services.permits.actions.permits import withdraw
from shared.contracts.declaration import Consent, Override, Refusal, Release
from shared.contracts.permit import Loss, Permit, Recovery
from shared.database import now
from shared.problems import Conflict
from tests.permits.declaration_steps import entries_add_up, stated, turn
from tests.permits.sample_data import (
    AUTHORITY_FR,
    AUTHORITY_ZA,
    CUSTOMS_FR,
    B,
    balance,
    command,
    declaration,
    endorsed,
    issued,
    item,
    line,
    lodged,
    terms,
)

ELSEWHERE = "CITES-box-4-export-country"


async def counted(db: AsyncEngine, quantity: str = "100") -> tuple[Permit, dict[str, Any]]:
    """A permit of which a released declaration counted so much."""
    permit = terms()
    await endorsed(db, await issued(db, permit), A="118")
    first = await lodged(db, declaration(item(permit, quantity)))
    return permit, await turn(db, transitions.release, first, CUSTOMS_FR, Release())


def claim(permit: Permit, quantity: str, by: str, number: int = 1) -> dict[str, Any]:
    return item(permit, quantity, number, document={"use": "already_counted", "counted_by": by})


async def overridden(db: AsyncEngine, found: dict[str, Any], rule: str) -> dict[str, Any]:
    return await turn(db, transitions.override, found, CUSTOMS_FR, stated(Override, rule=rule, reason="seen"))


async def test_the_declaration_that_counted_is_named_by_its_reference_too(permits_db: AsyncEngine) -> None:
    permit, first = await counted(permits_db)
    found = await lodged(permits_db, declaration(claim(permit, "60", first["reference"])))
    assert (found["status"], found["findings"]) == ("accepted", [])
    more = await lodged(permits_db, declaration(claim(permit, "41", first["id"])))
    assert (more["status"], more["findings"][0]["rule"]) == ("referred", "counted-already")
    assert "60 of it for others" in more["findings"][0]["found"]
    none = await lodged(permits_db, declaration(claim(permit, "1", "B-nothing")))
    assert (none["status"], none["findings"][0]["found"]) == ("referred", "B-nothing")


async def test_a_reference_is_one_of_the_same_trader(permits_db: AsyncEngine) -> None:
    permit, first = await counted(permits_db)
    async with permits_db.begin() as conn:
        other = text("UPDATE declarations SET trader_id = gen_random_uuid() WHERE id = :id")
        await conn.execute(other, {"id": UUID(first["id"])})
    found = await lodged(permits_db, declaration(claim(permit, "60", first["reference"])))
    assert found["status"] == "referred"


async def test_a_claim_that_was_given_back_on_rejection_stands_again_after_the_override(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await counted(permits_db)
    found = await lodged(permits_db, declaration(claim(permit, "60", first["id"]), export_country="NA"))
    assert found["status"] == "rejected"
    found = await overridden(permits_db, found, ELSEWHERE)
    assert found["status"] == "accepted"
    late = await lodged(permits_db, declaration(claim(permit, "60", first["id"])))
    assert (late["status"], late["findings"][0]["rule"]) == ("referred", "counted-already")
    await entries_add_up(permits_db)


async def test_what_others_claimed_since_the_rejection_is_one_more_finding(permits_db: AsyncEngine) -> None:
    permit, first = await counted(permits_db)
    form = declaration(claim(permit, "60", first["id"]), claim(permit, "30", first["id"], 2), export_country="NA")
    found = await lodged(permits_db, form)
    other = await lodged(permits_db, declaration(claim(permit, "35", first["id"])))
    assert (found["status"], other["status"]) == ("rejected", "accepted")
    found = await overridden(permits_db, found, ELSEWHERE)
    assert (found["status"], found["findings"][-1]["pointer"]) == ("rejected", "/items/1/documents/0/counted_by")
    assert (await overridden(permits_db, found, "counted-already"))["status"] == "accepted"


async def test_every_permit_of_a_rejected_declaration_is_set_aside_by_the_last_override(
    permits_db: AsyncEngine,
) -> None:
    out = terms(line(appendix="I"))
    into = terms(line(appendix="I"), kind="import", issuer="FR")
    ids = [await issued(permits_db, out), await issued(permits_db, into, AUTHORITY_FR)]
    await endorsed(permits_db, ids[0], A="118")
    one = item(out, "100")
    one["documents"].append({"number": into.number, "issuer": "FR", "use": "part"})
    found = await lodged(permits_db, declaration(one, item(out, "20", 2)))
    assert (found["status"], [u["reserved"] for u in found["usage"]]) == ("rejected", ["0", "0", "0"])
    await turn(permits_db, transitions.consent, found, AUTHORITY_ZA, stated(Consent, item=2, quantity="2"))
    for rule in sorted({f["rule"] for f in found["findings"] if f["severity"] != "note"}):
        assert [(await balance(permits_db, id))["reserved"] for id in ids] == ["0", "0"]
        found = await overridden(permits_db, found, rule)
    assert found["status"] == "accepted"
    assert [u["reserved"] for u in found["usage"]] == ["100", "100", "20"]
    assert [(await balance(permits_db, id))["reserved"] for id in ids] == ["120", "100"]
    more = {"items": [{"number": 2, "quantity": "21"}]}
    with pytest.raises(Conflict) as refused:
        await turn(permits_db, transitions.release, found, CUSTOMS_FR, stated(Release, **more))
    assert refused.value.code == "not-enough-left", "the consent is used up by what is set aside"
    await turn(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    await entries_add_up(permits_db)


async def test_a_figure_that_an_officer_puts_to_a_claim_is_held_against_what_was_counted(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await counted(permits_db)
    vague = claim(permit, "7", first["id"]) | {"unit": "kg"}
    found = await lodged(permits_db, declaration(vague))
    assert [f["rule"] for f in found["findings"]] == ["CITES-box-11-unit"]
    figure = stated(Override, rule="CITES-box-11-unit", item=1, quantity="101", reason="weighed")
    found = await turn(permits_db, transitions.override, found, CUSTOMS_FR, figure)
    assert (found["status"], found["findings"][-1]["rule"]) == ("referred", "counted-already")
    less = await lodged(permits_db, declaration(vague))
    figure = stated(Override, rule="CITES-box-11-unit", item=1, quantity="100", reason="weighed")
    assert (await turn(permits_db, transitions.override, less, CUSTOMS_FR, figure))["findings"][-1]["found"] == (
        f"{first['id']}, which counted 100 number, 101 of it for others"
    )


async def test_a_count_that_is_not_believed_takes_nothing_from_another_until_an_officer_settles_it(
    permits_db: AsyncEngine,
) -> None:
    permit, first = await counted(permits_db, "60")
    wrong = await lodged(permits_db, declaration(claim(permit, "61", first["id"])))
    assert (wrong["status"], wrong["findings"][0]["rule"]) == ("referred", "counted-already")
    right = await lodged(permits_db, declaration(claim(permit, "60", first["id"])))
    assert (right["status"], right["findings"]) == ("accepted", [])
    await turn(permits_db, transitions.refuse, right, CUSTOMS_FR, Refusal(reason="not of this shipment"))
    assert (await overridden(permits_db, wrong, "counted-already"))["status"] == "accepted"
    late = await lodged(permits_db, declaration(claim(permit, "1", first["id"])))
    assert "61 of it for others" in late["findings"][0]["found"]


async def test_a_count_that_an_officer_settled_is_claimed_when_its_lost_permit_is_found(
    permits_db: AsyncEngine,
) -> None:
    permit = terms(line(), line("B", "40", term="MEA", unit="kg"))
    here = await issued(permits_db, permit)
    await endorsed(permits_db, here, A="60", B="40")
    first = await lodged(permits_db, declaration(item(permit, "60")))
    first = await turn(permits_db, transitions.release, first, CUSTOMS_FR, Release())
    found = await lodged(permits_db, declaration(claim(permit, "61", first["id"])))
    await withdraw.lose(permits_db, here, AUTHORITY_ZA, Loss(), command())
    assert (await overridden(permits_db, found, "counted-already"))["status"] == "referred"
    await withdraw.find(permits_db, here, AUTHORITY_ZA, Recovery(), command())
    await _claims_61(permits_db, permit, first, found)


async def test_a_count_that_an_officer_settled_is_claimed_when_the_rest_is_endorsed(permits_db: AsyncEngine) -> None:
    permit, first = await counted(permits_db, "60")
    other = terms()
    id = await issued(permits_db, other)
    wrong = claim(permit, "61", first["id"])
    wrong["documents"].append({"number": other.number, "issuer": "ZA"})
    found = await lodged(permits_db, declaration(wrong))
    assert (await overridden(permits_db, found, "counted-already"))["status"] == "referred"
    await endorsed(permits_db, id, A="100")
    await recheck_all(permits_db, now())
    await _claims_61(permits_db, permit, first, found)


async def _claims_61(db: AsyncEngine, permit: Permit, first: dict[str, Any], found: dict[str, Any]) -> None:
    assert (await read.declaration(db, UUID(found["id"]), B))["status"] == "accepted"
    late = await lodged(db, declaration(claim(permit, "1", first["id"])))
    assert "61 of it for others" in late["findings"][0]["found"]


async def test_a_claim_is_not_held_against_itself_when_its_declaration_is_checked_anew(permits_db: AsyncEngine) -> None:
    permit, first = await counted(permits_db, "60")
    beside = terms()
    id = await issued(permits_db, beside)
    both = claim(permit, "60", first["id"])
    both["documents"].append({"number": beside.number, "issuer": "ZA"})
    waits = await lodged(permits_db, declaration(both))
    assert [f["rule"] for f in waits["findings"]] == ["CITES-box-14-endorsement"]
    await endorsed(permits_db, id, A="100")
    await recheck_all(permits_db, now())
    found = await read.declaration(permits_db, UUID(waits["id"]), B)
    assert (found["status"], found["findings"]) == ("accepted", [])
    same = declaration(claim(permit, "60", first["id"]), reference=found["reference"])
    amended = await turn(permits_db, transitions.amend, found, B, same)
    assert (amended["status"], amended["findings"]) == ("accepted", [])
    other = await lodged(permits_db, declaration(claim(permit, "1", first["id"])))
    assert other["findings"][0]["rule"] == "counted-already", "to others it is claimed still"
    await entries_add_up(permits_db)
