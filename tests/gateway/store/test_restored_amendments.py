"""Amendments that one of two restored databases lost: their versions leave no wrong bytes as the newest ones."""

from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import amendments, restored_amendments
from shared.contracts.fields import render_digest
from shared.contracts.reconciliation import KnownAmendment
from shared.database import now

INSERT = text("""
    INSERT INTO amendments (command_id, declaration_id, party_id, content_type, digest, body, received_at, version)
    VALUES (gen_random_uuid(), :declaration, :declaration, 'application/json', '', 'bytes', now(), :version)
""")


async def test_versions_that_permits_lost_are_removed(gateway_db: AsyncEngine) -> None:
    lost, older, kept = uuid4(), uuid4(), uuid4()
    async with gateway_db.begin() as conn:
        for declaration in (lost, older, kept):
            for version in (2, 3):
                await conn.execute(INSERT, {"declaration": declaration, "version": version})
        versions = {lost: 0, older: 2, kept: 4}
        assert set(await restored_amendments.forget_later_versions(conn, versions)) == {lost, older}
        newest = [await amendments.find_version(conn, one, None) for one in (lost, older, kept)]
    assert [None if row is None else row["version"] for row in newest] == [None, 2, 3]


async def test_version_whose_bytes_are_lost_is_the_newest_one(gateway_db: AsyncEngine) -> None:
    declaration, digest = uuid4(), render_digest(b"1" * 32)
    known = KnownAmendment(command=uuid4(), declaration=declaration, party=UUID(int=7), version=3, digest=digest)
    async with gateway_db.begin() as conn:
        await conn.execute(INSERT, {"declaration": declaration, "version": 2})
        for _ in range(2):
            await restored_amendments.adopt(conn, [known], at=now())
        newest = await amendments.find_version(conn, declaration, None)
    assert newest is not None
    assert (newest["version"], newest["body"]) == (3, b"")
