"""The bytes of amended versions: stored before permits gets the amendment; the version is stored after it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import amendments


async def add(
    conn: AsyncConnection,
    command_id: UUID,
    declaration_id: UUID,
    party_id: UUID,
    *,
    content_type: str,
    digest: bytes,
    body: bytes,
    at: datetime,
) -> None:
    """Insert the bytes of an amendment under its command. A repetition changes nothing."""
    row = {
        "command_id": command_id,
        "declaration_id": declaration_id,
        "party_id": party_id,
        "content_type": content_type,
        "digest": digest,
        "body": body,
        "received_at": at,
    }
    await conn.execute(insert(amendments).values(row).on_conflict_do_nothing())


async def count_others(conn: AsyncConnection, declaration_id: UUID, command_id: UUID) -> int:
    """Count the stored amendments of a declaration by other commands, refused ones too."""
    others = (amendments.c.declaration_id == declaration_id, amendments.c.command_id != command_id)
    return int((await conn.execute(select(func.count()).where(*others))).scalar_one())


async def set_version(conn: AsyncConnection, command_id: UUID, digest: bytes, version: int) -> None:
    """Store the version of the declaration that an amendment became."""
    c = amendments.c
    same = (c.command_id == command_id, c.digest == digest, c.version.is_(None))
    await conn.execute(update(amendments).where(*same).values(version=version))


async def list_without_version(conn: AsyncConnection, declaration_id: UUID) -> Sequence[RowMapping]:
    """List the amendments of a declaration that have no version, oldest first: refused, under way, or cut off."""
    c = amendments.c
    query = select(c.command_id, c.digest).where(c.declaration_id == declaration_id, c.version.is_(None))
    return (await conn.execute(query.order_by(c.received_at))).mappings().all()


async def find_version(
    conn: AsyncConnection, declaration_id: UUID, number: int | None, *, party_id: UUID | None = None
) -> RowMapping | None:
    """Return one amended version of a declaration, or the newest accepted one if `number` is None.

    With a party, return only a version that this party sent.
    """
    c = amendments.c
    which = c.version.is_not(None) if number is None else c.version == number
    by_party = [] if party_id is None else [c.party_id == party_id]
    found = (
        select(amendments)
        .where(c.declaration_id == declaration_id, which, *by_party)
        .order_by(c.version.desc(), c.received_at.desc())
        .limit(1)
    )
    return (await conn.execute(found)).mappings().one_or_none()
