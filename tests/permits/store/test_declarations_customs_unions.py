"""Customs unions: customs of a member acts in place of a country that names it, at its own offices only."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read, transitions
from services.permits.store import policies
from shared.contracts.declaration import Refusal, Release
from shared.contracts.parties import Party
from shared.contracts.policy import Policy
from shared.database import new_id, now
from shared.problems import NotFound
from tests.permits.declaration_steps import run_command
from tests.permits.sample_data import (
    CUSTOMS_FR,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
)

CUSTOMS_BE = party("customs", "BE")
AUTHORITY_BE = party("authority", "BE")
BELGIAN_OFFICE = "BE101000"


async def _name_members(db: AsyncEngine, country: str, *members: str) -> None:
    """Store a policy by which customs of these members acts in place of a country."""
    async with db.begin() as conn:
        _, version = await policies.read(conn, country)
        stated = Policy(customs_of_members=members)
        assert await policies.store_version(conn, country, stated, version + 1, new_id(), now())


async def _lodge(db: AsyncEngine, office: str | None) -> dict[str, Any]:
    permit = permit_content()
    await endorse_permit(db, await issue_permit(db, permit), A="118")
    return await lodge_declaration(db, declaration(item(permit), customs_office=office))


async def _reads(db: AsyncEngine, found: dict[str, Any], by: Party) -> bool:
    """Return whether a party reads a declaration, alone and in its list."""
    page = await read.list_declarations(db, by, {}, limit=9, before=None)
    try:
        await read.read_declaration(db, UUID(found["id"]), by)
    except NotFound:
        assert found["id"] not in str(page)
        return False
    assert found["id"] in str(page)
    return True


async def test_customs_of_a_named_member_reads_and_decides_what_is_declared_at_its_office(
    permits_db: AsyncEngine,
) -> None:
    await _name_members(permits_db, "FR", "BE", "NL")
    found = await _lodge(permits_db, BELGIAN_OFFICE)
    assert await _reads(permits_db, found, CUSTOMS_BE)
    freed = await run_command(permits_db, transitions.release, found, CUSTOMS_BE, Release())
    assert freed["status"] == "released"
    async with permits_db.connect() as conn:
        query = text("SELECT audience FROM outbox_events WHERE type = 'declaration.released'")
        audience = json.loads((await conn.execute(query)).scalar_one())
    assert {"role": "customs", "country": "BE"} in audience["offices"]
    assert {"role": "authority", "country": "BE"} not in audience["offices"]


@pytest.mark.parametrize(("country", "office", "by"), [
    ("FR", "FR002300", CUSTOMS_BE),
    ("FR", None, CUSTOMS_BE),
    ("FR", "NL000396", CUSTOMS_BE),
    ("FR", BELGIAN_OFFICE, AUTHORITY_BE),
    ("ZA", BELGIAN_OFFICE, CUSTOMS_BE),
])  # fmt: skip
async def test_customs_of_a_member_has_no_right_elsewhere(
    permits_db: AsyncEngine, country: str, office: str | None, by: Party
) -> None:
    await _name_members(permits_db, country, "BE")
    found = await _lodge(permits_db, office)
    assert not await _reads(permits_db, found, by)
    if by is CUSTOMS_BE:
        with pytest.raises(NotFound):
            await run_command(permits_db, transitions.refuse, found, by, Refusal(reason="no"))
        async with permits_db.connect() as conn:
            audiences = (await conn.execute(text("SELECT audience FROM outbox_events"))).scalars().all()
        assert not any('"BE"' in one for one in audiences)


async def test_right_of_a_member_ends_with_the_policy(permits_db: AsyncEngine) -> None:
    await _name_members(permits_db, "FR", "BE")
    found = await _lodge(permits_db, BELGIAN_OFFICE)
    await _name_members(permits_db, "FR")
    assert not await _reads(permits_db, found, CUSTOMS_BE)
    with pytest.raises(NotFound):
        await run_command(permits_db, transitions.release, found, CUSTOMS_BE, Release())
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    async with permits_db.connect() as conn:
        query = text("SELECT audience FROM outbox_events WHERE type = 'declaration.released'")
        assert '"BE"' not in (await conn.execute(query)).scalar_one()
