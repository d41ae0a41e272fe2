"""Submissions that the gateway knows only from permits: their reference stays, their bytes come back by digest."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import restored_submissions, submissions
from services.gateway.store.submissions import Submission
from shared.contracts.fields import render_digest
from shared.contracts.reconciliation import KnownDeclaration
from shared.database import new_id, now

PARTY = UUID(int=7)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BYTES = b'{"reference": "R-1"}'


def _submission(body: bytes, key: str = "k") -> Submission:
    return Submission(
        id=new_id(),
        party_id=PARTY,
        trader_id=PARTY,
        key=key,
        reference="R-1",
        content_type="application/json",
        digest=hashlib.sha256(body).digest(),
        body=body,
        party='{"id": "7"}',
        received_at=now(),
    )


def _known(digest: str | None) -> KnownDeclaration:
    return KnownDeclaration(
        id=new_id(AT), party=PARTY, trader=PARTY, reference="r 1", received_at=AT, version=1, digest=digest
    )


async def test_adopted_declaration_gets_only_bytes_of_its_digest(gateway_db: AsyncEngine) -> None:
    known = _known(render_digest(hashlib.sha256(BYTES).digest()))
    async with gateway_db.begin() as conn:
        assert await restored_submissions.adopt(conn, [known], at=now()) == set()
    async with gateway_db.begin() as conn:
        assert not await submissions.insert_many(conn, [_submission(BYTES)], [now()]), "the reference is known"
        assert not await restored_submissions.complete(conn, _submission(b"other"))
        forged = text("SELECT complete_submission(:id, 'k', 'text/plain', 'other', NULL, '{}', NULL)")
        assert not (await conn.execute(forged, {"id": known.id})).scalar_one()
        assert await restored_submissions.list_without_bytes(conn, [known.id]) == [known.id]
        assert await restored_submissions.complete(conn, _submission(BYTES, "new"))
        assert not await restored_submissions.complete(conn, _submission(BYTES, "again"))
    async with gateway_db.connect() as conn:
        row = await submissions.find_own(conn, known.id, PARTY)
    assert row is not None
    assert (row["key"], row["body"], row["received_at"], row["content_type"]) == ("new", BYTES, AT, "application/json")


async def test_amended_declaration_is_adopted_without_a_digest(gateway_db: AsyncEngine) -> None:
    known = _known(None)
    async with gateway_db.begin() as conn:
        await restored_submissions.adopt(conn, [known], at=now())
        assert not await restored_submissions.complete(conn, _submission(BYTES))
        assert await restored_submissions.send_again(conn, [known.id], at=now()) == 0, "there is nothing to send"


async def test_declaration_whose_reference_was_used_again_is_adopted(gateway_db: AsyncEngine) -> None:
    known, newer = _known(None), _submission(BYTES)
    async with gateway_db.begin() as conn:
        await submissions.insert_many(conn, [newer], [now()])
        assert await restored_submissions.adopt(conn, [known], at=now()) == {known.id}
        assert await restored_submissions.adopt(conn, [known], at=now()) == set()
        for one in (known.id, newer.id):
            assert await submissions.find_own(conn, one, PARTY) is not None


async def test_runner_cannot_change_the_bytes_of_a_submission(gateway_db: AsyncEngine) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with gateway_db.begin() as conn:
            await conn.execute(text("UPDATE submissions SET body = 'x'"))
