"""What is set aside and never released goes back after the days of the country that decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.declarations.refer_stale import refer_stale_declarations
from services.permits.actions.permits import read as permits_read
from services.permits.store import policies
from shared.contracts.declaration import Override, Release
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.problems import Conflict
from tests.permits.declaration_steps import accepted_declaration, build_model, check_balances, run_command
from tests.permits.sample_data import CUSTOMS_FR, B, balance, declaration, item, lodge_declaration, permit_content
from tests.permits.view_json import as_json

AGAIN = build_model(Override, rule="reservation-ended", reason="the ship was late")


async def _allow(db: AsyncEngine, country: str, days: int | None) -> None:
    async with db.begin() as conn:
        _, version = await policies.read(conn, country)
        assert await policies.store_version(conn, country, Policy(reservation_days=days), version + 1, new_id(), now())


async def _read(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    return await as_json(read.read_declaration(db, UUID(found["id"]), B))


async def test_after_the_days_of_its_country_a_declaration_gives_back_and_is_referred(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await _allow(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=29))
    assert (await _read(permits_db, found))["status"] == "accepted"
    for _ in range(2):
        await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    told = await _read(permits_db, found)
    assert (told["status"], (await balance(permits_db, permit_id))["reserved"]) == ("referred", "0")
    [ended] = told["findings"]
    assert (ended["rule"], ended["severity"], ended["expected"]) == (
        "reservation-ended", "refer", "released or refused within 30 days",
    )  # fmt: skip
    last = told["history"][-1]
    assert (last["from"], last["to"], last["by"]) == ("accepted", "referred", {"party": None, "role": "rules"})
    await check_balances(permits_db)


async def test_without_a_policy_or_by_that_of_another_country_nothing_ends(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    await _allow(permits_db, "ZA", 1)
    await refer_stale_declarations(permits_db, now() + timedelta(days=4000))
    assert (await _read(permits_db, found))["status"] == "accepted"


async def test_an_officer_sets_it_aside_anew_where_it_is_still_there(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await _allow(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert refused.value.code == "invalid-transition"
    told = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, AGAIN)
    assert (told["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "100")
    assert (await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release()))["status"] == "released"
    await check_balances(permits_db)


async def test_what_another_used_meanwhile_is_one_more_finding(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, "50")
    await _allow(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, B, now())))["number"]
    second = await lodge_declaration(permits_db, declaration(item(permit_content(number=number), "60")))
    assert second["status"] == "accepted"
    await run_command(permits_db, transitions.release, second, CUSTOMS_FR, Release())
    told = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, AGAIN)
    assert (told["status"], told["findings"][-1]["rule"]) == ("referred", "CITES-VI.6-second-use")
    assert told["history"][-1]["event"] == "declaration.overridden"
    await check_balances(permits_db)
