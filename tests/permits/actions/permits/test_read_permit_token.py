"""Reads of a permit by its token. The hub records the reader, which then receives the permit's later events."""

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
from tests.permits.sample_data import AUTHORITY_ZA, CUSTOMS_DE, OTHER_TRADER, SEALER, command, party, permit_content
from tests.permits.view_json import as_json
from tests.waiting import wait_for_lock


async def issue_with_token(db: AsyncEngine) -> tuple[UUID, str, str]:
    """Issue a permit. Return its id, number and token."""
    response = json.loads((await issue.issue(db, AUTHORITY_ZA, permit_content(), command(), sealer=SEALER)).body)
    return UUID(response["id"]), response["number"], response["token"]


async def list_by_token(db: AsyncEngine, who: Party, token: str, **filters: str) -> list[Any]:
    """Return the permits that a party finds with a token."""
    page = await as_json(permits_read.list_permits(db, who, filters, limit=9, before=None, at=now(), token=token))
    return list(page["data"])


async def revoke(db: AsyncEngine, permit_id: UUID) -> None:
    """Revoke a permit as its authority."""
    await withdraw.revoke(db, permit_id, AUTHORITY_ZA, Revocation(reason="forged"), command())


async def list_notified_parties(db: AsyncEngine, permit_id: UUID) -> set[str]:
    """Return the parties in the audience of a revocation."""
    async with db.connect() as conn:
        query = text(
            "SELECT audience::json AS audience FROM outbox_events WHERE subject = :s AND type = 'permit.revoked'"
        )
        return set((await conn.execute(query, {"s": f"permit:{permit_id}"})).scalar_one()["parties"])


async def test_permit_token_opens_the_view_of_an_officer_without_identifiers(permits_db: AsyncEngine) -> None:
    permit_id, number, token = await issue_with_token(permits_db)
    read = await as_json(permits_read.read_permit(permits_db, permit_id, CUSTOMS_DE, now(), token))
    assert (read["number"], read["status"], read["lines"][0]["balance"]["available"]) == (number, "issued", "120")
    assert await list_by_token(permits_db, CUSTOMS_DE, token, number=number, issuer="ZA") == [read]
    assert await list_by_token(permits_db, CUSTOMS_DE, token, number=number) == [read]
    assert "ZA1234567" not in json.dumps(read) and "history" not in read and "token" not in read


async def test_permit_token_opens_the_permit_by_its_number_written_otherwise(permits_db: AsyncEngine) -> None:
    _, number, token = await issue_with_token(permits_db)
    [found] = await list_by_token(permits_db, CUSTOMS_DE, token, number=number.lower().replace("-", " / "))
    assert found["number"] == number


async def test_permit_token_that_does_not_match_gives_not_found(permits_db: AsyncEngine) -> None:
    permit_id, number, token = await issue_with_token(permits_db)
    _, _, other = await issue_with_token(permits_db)
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
    assert await list_by_token(permits_db, OTHER_TRADER, other, number=number) == []
    assert await list_by_token(permits_db, OTHER_TRADER, token, number="other") == []
    assert await list_by_token(permits_db, OTHER_TRADER, token) == []
    assert await list_by_token(permits_db, OTHER_TRADER, token, number=number, status="revoked") == []


async def test_stranger_without_the_token_after_a_read_gets_not_found(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await issue_with_token(permits_db)
    assert (await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token)))[
        "status"
    ] == "issued"
    for given in ("", "x", token[:-1]):
        with pytest.raises(NotFound):
            await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), given))


async def test_permit_token_is_shown_once_and_stored_as_digest(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await issue_with_token(permits_db)
    assert "token" not in await as_json(permits_read.read_permit(permits_db, permit_id, AUTHORITY_ZA, now()))
    async with permits_db.connect() as conn:
        stored = (await conn.execute(text("SELECT token_digest FROM permits"))).scalar_one()
    assert len(stored) == 32 and token.encode() not in stored


async def test_reader_by_token_receives_the_revocation(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await issue_with_token(permits_db)
    await as_json(permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token))
    await revoke(permits_db, permit_id)
    assert await list_notified_parties(permits_db, permit_id) == {str(OTHER_TRADER.id)}


async def test_readers_by_token_during_a_revocation_receive_it_or_read_it(permits_db: AsyncEngine) -> None:
    """Run reads and a revocation concurrently: each reader of `issued` is in the audience of the revocation."""
    for _ in range(12):
        permit_id, _, token = await issue_with_token(permits_db)
        readers = [party("customs", "DE") for _ in range(6)]
        reads = [as_json(permits_read.read_permit(permits_db, permit_id, who, now(), token)) for who in readers]
        pending = asyncio.gather(*reads)
        await revoke(permits_db, permit_id)
        seen = await pending
        assert seen[0]["status"] in {"issued", "revoked"}
        misled = {str(who.id) for who, read in zip(readers, seen, strict=True) if read["status"] == "issued"}
        assert misled <= await list_notified_parties(permits_db, permit_id)


async def test_read_by_token_during_a_revocation_waits_for_it(permits_db: AsyncEngine) -> None:
    permit_id, _, token = await issue_with_token(permits_db)
    async with permits_db.begin() as conn:
        await conn.execute(text("SELECT 1 FROM permits WHERE id = :id FOR NO KEY UPDATE"), {"id": permit_id})
        reads = permits_read.read_permit(permits_db, permit_id, OTHER_TRADER, now(), token)
        pending = asyncio.create_task(as_json(reads))
        await wait_for_lock(permits_db)
        await conn.execute(text("UPDATE permits SET status = 'revoked' WHERE id = :id"), {"id": permit_id})
    assert (await pending)["status"] == "revoked"
