"""Stale declarations: reservations return after the days that the policy of the deciding country allows."""

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

OVERRIDE = build_model(Override, rule="reservation-ended", reason="the ship was late")


async def _set_reservation_days(db: AsyncEngine, country: str, days: int | None) -> None:
    """Store a policy with this number of days for reservations."""
    async with db.begin() as conn:
        _, version = await policies.read(conn, country)
        assert await policies.store_version(conn, country, Policy(reservation_days=days), version + 1, new_id(), now())


async def _read(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Read a declaration again as its trader."""
    return await as_json(read.read_declaration(db, UUID(found["id"]), B))


async def test_stale_declaration_returns_its_reservations_and_is_referred(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await _set_reservation_days(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=29))
    assert (await _read(permits_db, found))["status"] == "accepted"
    for _ in range(2):
        await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    after = await _read(permits_db, found)
    assert (after["status"], (await balance(permits_db, permit_id))["reserved"]) == ("referred", "0")
    [ended] = after["findings"]
    assert (ended["rule"], ended["severity"], ended["expected"]) == (
        "reservation-ended", "refer", "a decision within 30 days",
    )  # fmt: skip
    last = after["history"][-1]
    assert (last["from"], last["to"], last["by"]) == ("accepted", "referred", {"party": None, "role": "rules"})
    await check_balances(permits_db)


async def test_reservation_without_a_policy_of_its_country_does_not_end(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    await _set_reservation_days(permits_db, "ZA", 1)
    await refer_stale_declarations(permits_db, now() + timedelta(days=4000))
    assert (await _read(permits_db, found))["status"] == "accepted"


async def test_override_of_a_stale_declaration_reserves_what_is_still_left(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await _set_reservation_days(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    with pytest.raises(Conflict) as refused:
        await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    assert refused.value.code == "invalid-transition"
    after = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, OVERRIDE)
    assert (after["status"], (await balance(permits_db, permit_id))["reserved"]) == ("accepted", "100")
    assert (await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release()))["status"] == "released"
    await check_balances(permits_db)


async def test_line_used_by_another_since_adds_a_finding_to_the_override(permits_db: AsyncEngine) -> None:
    permit_id, found = await accepted_declaration(permits_db, "50")
    await _set_reservation_days(permits_db, "FR", 30)
    await refer_stale_declarations(permits_db, now() + timedelta(days=31))
    number = (await as_json(permits_read.read_permit(permits_db, permit_id, B, now())))["number"]
    second = await lodge_declaration(permits_db, declaration(item(permit_content(number=number), "60")))
    assert second["status"] == "accepted"
    await run_command(permits_db, transitions.release, second, CUSTOMS_FR, Release())
    after = await run_command(permits_db, transitions.override, found, CUSTOMS_FR, OVERRIDE)
    assert (after["status"], after["findings"][-1]["rule"]) == ("referred", "CITES-VI.6-second-use")
    assert after["history"][-1]["event"] == "declaration.overridden"
    await check_balances(permits_db)
