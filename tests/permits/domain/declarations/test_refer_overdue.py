"""Overdue transits: goods that did not leave by the declared day are referred, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.actions.declarations.refer_overdue import refer_overdue_transits
from shared.contracts.declaration import Override, Release
from shared.database import now
from tests.days import today
from tests.permits.declaration_steps import build_model, run_command, severities
from tests.permits.sample_data import (
    A,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
)
from tests.permits.view_json import as_json

RULE = "CITES-Conf-9.7-exit-overdue"
CUSTOMS_NL = party("customs", "NL")


async def _lodge(db: AsyncEngine, **more: Any) -> dict[str, Any]:
    permit = permit_content()
    await endorse_permit(db, await issue_permit(db, permit), A="118")
    stated = declaration(item(permit), movement="transit", transit_country="NL", **more)
    return await lodge_declaration(db, stated, A)


async def _read(db: AsyncEngine, found: dict[str, Any]) -> dict[str, Any]:
    """Read a declaration again as customs of the country of transit."""
    return await as_json(read.read_declaration(db, UUID(found["id"]), CUSTOMS_NL))


async def test_transit_is_referred_once_after_its_day_of_exit(permits_db: AsyncEngine) -> None:
    due = today() + timedelta(days=5)
    found = await _lodge(permits_db, exit_due=due)
    without_day = await _lodge(permits_db)
    await refer_overdue_transits(permits_db, now() + timedelta(days=5))
    assert (await _read(permits_db, found))["status"] == "accepted"
    for _ in range(2):
        await refer_overdue_transits(permits_db, now() + timedelta(days=7))
    overdue = await _read(permits_db, found)
    assert (overdue["status"], severities(overdue)) == ("referred", {RULE: "refer"})
    assert [entry["to"] for entry in overdue["history"]] == ["received", "accepted", "referred"]
    assert overdue["findings"][0]["expected"] == f"an exit by {due}"
    assert (await _read(permits_db, without_day))["status"] == "accepted"


async def test_overdue_transit_is_released_after_an_override_and_is_not_referred_again(permits_db: AsyncEngine) -> None:
    found = await _lodge(permits_db, exit_due=today())
    await refer_overdue_transits(permits_db, now() + timedelta(days=3))
    settled = build_model(Override, rule=RULE, reason="the ship was late")
    done = await run_command(permits_db, transitions.override, found, CUSTOMS_NL, settled)
    assert done["status"] == "accepted"
    await refer_overdue_transits(permits_db, now() + timedelta(days=9))
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_NL, Release())
    assert freed["status"] == "released"
    await refer_overdue_transits(permits_db, now() + timedelta(days=99))
    assert (await _read(permits_db, found))["status"] == "released"
