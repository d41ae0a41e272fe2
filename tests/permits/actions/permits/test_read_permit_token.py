"""A stranger reads a permit by its own token; that it looked is kept with the look, so that it hears what comes."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import issue, withdraw
from services.permits.actions.permits import read as permits_read
from shared.contracts.parties import Party
from shared.contracts.permit import Revocation
from shared.database import new_id, now
from shared.problems import NotFound
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_DE, OTHER_TRADER, command, party, permit_content
from tests.permits.view_json import as_json


async def shown(db: AsyncEngine) -> tuple[UUID, str, str]:
    """Issue a permit and answer its id, number and token."""
    response = json.loads((await issue.issue(db, AUTHORITY_ZA, permit_content(), command())).body)
    return UUID(response["id"]), response["number"], response["token"]


async def listed(db: AsyncEngine, who: Party, token: str, **filters: str) -> list[Any]:
    page = await as_json(permits_read.list_permits(db, who, filters, limit=9, before=None, at=now(), token=token))
    return list(page["data"])


async def revoke(db: AsyncEngine, permit_id: UUID) -> None:
    await withdraw.revoke(db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())


async def hearers(db: AsyncEngine, permit_id: UUID) -> set[str]:
    async with db.connect() as conn:
        query = text(
            "SELECT audience::json AS audience FROM outbox_events WHERE subject = :s AND type = 'permit.revoked'"
        )
        return set((await conn.execute(query, {"s": f"permit:{permit_id}"})).scalar_one()["parties"])


async def test_the_token_opens_what_an_officer_needs_and_no_more(permits_db: AsyncEngine) -> None:
    permit_id, number, token = await shown(permits_db)
    read = await as_json(permits_read.read_permit(permits_db, permit_id, CUSTOMS_DE, now(), token))
    assert (read["number"], read["status"], read["lines"][0]["balance"]["available"]) == (number, "issued", "120")
    assert await listed(permits_db, CUSTOMS_DE, token, number=number, issuer="ZA") == [read]
    assert await listed(permits_db, CUSTOMS_DE, token, number=number) == [read]
    assert "ZA1234567" not in json.dumps(read) and "history" not in read and "token" not in read


async def test_a_miss_looks_the_same_as_what_is_not_there(permits_db: AsyncEngine) -> None:
    permit_id, number, token = await shown(permits_db)
    _, _, other = await shown(permits_db)
    for which, given in (
        (permit_id, ""),
        (permit_id, "x"),
        (permit_id, other),
        (permit_id, token[:-1]),
        (new_id(), token),
    ):
        with pytest.raises(NotFound) as caught:
            await as_json(permits_read.read_permit(permits_db, which, OTHER_TRADER, now(), given))
        assert str(caught.value) == str(NotFound())
    assert await listed(permits_db, OTHER_TRADER, other, number=number) == []
    assert await listed(permits_db, OTHER_TRADER, token, number="other") == []
    assert await listed(permits_db, OTHER_TRADER, token) == []
    assert await listed(permits_db, OTHER_TRADER, token, number=number, status="revoked") == []


async def test_who_looked_once_needs_the_token_to_look_again(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await shown(permits_db)
    assert (await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token)))[
        "status"
    ] == "issued"
    for given in ("", "x", token[:-1]):
        with pytest.raises(NotFound):
            await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), given))


async def test_the_token_is_told_once_and_kept_as_its_digest(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await shown(permits_db)
    assert "token" not in await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, now()))
    async with permits_db.connect() as conn:
        kept = (await conn.execute(text("SELECT token_digest FROM permits"))).scalar_one()
    assert len(kept) == 32 and token.encode() not in kept


async def test_who_looked_hears_of_the_revocation(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await shown(permits_db)
    await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token))
    await revoke(permits_db, permit_id)
    assert await hearers(permits_db, permit_id) == {str(OTHER_TRADER.id)}


async def test_who_looked_before_a_revocation_is_told_and_who_looked_after_reads_it(permits_db: AsyncEngine) -> None:
    """Lookers and a revocation race on real connections: whoever read `issued` is among those who hear."""
    for _ in range(12):
        permit_id, _, token = await shown(permits_db)
        lookers = [party("customs", "DE") for _ in range(6)]
        reads = [as_json(permits_read.read_permit(permits_db, permit_id, who, now(), token)) for who in lookers]
        looks = asyncio.gather(*reads)
        await revoke(permits_db, permit_id)
        seen = await looks
        assert seen[0]["status"] in {"issued", "revoked"}
        misled = {str(who.id) for who, read in zip(lookers, seen, strict=True) if read["status"] == "issued"}
        assert misled <= await hearers(permits_db, permit_id)


async def test_a_look_waits_for_a_revocation_under_way_and_a_revocation_for_a_look(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await shown(permits_db)
    async with permits_db.begin() as conn:
        await conn.execute(text("SELECT 1 FROM permits WHERE id = :id FOR NO KEY UPDATE"), {"id": permit_id})
        reads = permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token)
        look = asyncio.create_task(as_json(reads))
        await _waits(permits_db)
        await conn.execute(text("UPDATE permits SET status = 'revoked' WHERE id = :id"), {"id": permit_id})
    assert (await look)["status"] == "revoked"


async def _waits(db: AsyncEngine) -> None:
    """Wait until somebody waits for a lock of this database."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(2000):
        async with db.connect() as conn:
            if (await conn.execute(query)).scalar_one():
                return
        await asyncio.sleep(0.005)
    raise AssertionError("nobody waits")
