"""Credentials in the database: a client id, the SHA-256 of its secret, when it was made, used and ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import credentials, parties


async def add(
    conn: AsyncConnection, client_id: str, party_id: UUID, secret: bytes, *, revision: int, at: datetime
) -> None:
    """Write a credential; `secret` is its SHA-256."""
    values = {"client_id": client_id, "party_id": party_id, "secret_sha256": secret, "made_at": at}
    await conn.execute(insert(credentials).values(**values, revision=revision))


async def end(conn: AsyncConnection, client_id: str, party_id: UUID, *, revision: int, at: datetime) -> bool:
    """End a living credential of a party; answers whether there was one."""
    mine = (credentials.c.client_id == client_id, credentials.c.party_id == party_id, credentials.c.ended_at.is_(None))
    ended = update(credentials).where(*mine).values(ended_at=at, revision=revision).returning(credentials.c.client_id)
    return (await conn.execute(ended)).one_or_none() is not None


async def use(conn: AsyncConnection, client_id: str, secret: bytes, *, at: datetime) -> UUID | None:
    """Answer the enabled party whose living credential this is, and note the use; None when it is nobody's."""
    fits = (
        credentials.c.client_id == client_id,
        credentials.c.secret_sha256 == secret,
        credentials.c.ended_at.is_(None),
        credentials.c.party_id == parties.c.id,
        ~parties.c.disabled,
    )
    used = update(credentials).where(*fits).values(last_used_at=at).returning(credentials.c.party_id)
    found: UUID | None = (await conn.execute(used)).scalar_one_or_none()
    return found


async def of_party(conn: AsyncConnection, party_id: UUID) -> Sequence[RowMapping]:
    """Read a party's living credentials, newest first; never their secrets."""
    shown = (credentials.c.client_id, credentials.c.made_at, credentials.c.last_used_at)
    living = (credentials.c.party_id == party_id, credentials.c.ended_at.is_(None))
    found = select(*shown).where(*living).order_by(credentials.c.made_at.desc())
    return (await conn.execute(found)).mappings().all()


async def changed_since(conn: AsyncConnection, revision: int) -> list[tuple[str, UUID, bool]]:
    """Read which credentials changed later than a revision: client id, party, whether it lives."""
    columns = (credentials.c.client_id, credentials.c.party_id, credentials.c.ended_at.is_(None))
    found = await conn.execute(select(*columns).where(credentials.c.revision > revision))
    return [(client_id, party_id, lives) for client_id, party_id, lives in found]
