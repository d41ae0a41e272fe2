"""Credentials in the database: client id, proof, and the times of creation, last use and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as put_in
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import credentials, parties


@dataclass(frozen=True)
class Proof:
    """One of three proofs: the SHA-256 of a secret, public keys, or the subject of an external issuer."""

    secret: bytes | None = None
    keys: list[dict[str, Any]] | None = None
    subject: str | None = None
    expires_at: datetime | None = None


async def add(
    conn: AsyncConnection, client_id: str, party_id: UUID, proof: Proof, *, person: str, revision: int, at: datetime
) -> bool:
    """Insert a credential of a person. Return False if another active credential has its external subject."""
    values = {"client_id": client_id, "party_id": party_id, "person": person, "made_at": at, "revision": revision}
    proof_values = {"secret_sha256": proof.secret, "public_keys": proof.keys, "subject": proof.subject}
    written = put_in(credentials).values(**values, **proof_values, expires_at=proof.expires_at)
    inserted = await conn.execute(written.on_conflict_do_nothing().returning(credentials.c.client_id))
    return inserted.one_or_none() is not None


async def find_person(conn: AsyncConnection, proof: Proof) -> str | None:
    """Return the person who first had the same public key or external subject, also if that credential has ended."""
    c = credentials.c
    same = [c.public_keys.contains([{"crv": key["crv"], "x": key["x"]}]) for key in proof.keys or ()]
    if proof.subject is not None:
        same.append(c.subject == proof.subject)
    if not same:
        return None
    query = select(c.person).where(or_(*same)).order_by(c.made_at, c.client_id).limit(1)
    found: str | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def end(conn: AsyncConnection, client_id: str, party_id: UUID, *, revision: int, at: datetime) -> bool:
    """End an active credential of a party. Return whether there was one."""
    mine = (credentials.c.client_id == client_id, credentials.c.party_id == party_id, credentials.c.ended_at.is_(None))
    ended = update(credentials).where(*mine).values(ended_at=at, revision=revision).returning(credentials.c.client_id)
    return (await conn.execute(ended)).one_or_none() is not None


async def shorten(
    conn: AsyncConnection, client_id: str, party_id: UUID, *, until: datetime, revision: int, at: datetime
) -> RowMapping | None:
    """Update the end of an active credential to `until`, unless it ends earlier. Return its row, or None."""
    c = credentials.c
    mine = (c.client_id == client_id, c.party_id == party_id, _is_active(at))
    sooner = func.least(func.coalesce(c.expires_at, until), until)
    changed = update(credentials).where(*mine).values(expires_at=sooner, revision=revision).returning(credentials)
    found: RowMapping | None = (await conn.execute(changed)).mappings().one_or_none()
    return found


async def authenticate_by_secret(conn: AsyncConnection, client_id: str, secret: bytes, *, at: datetime) -> UUID | None:
    """Return the enabled party of an active credential and record the use. Return None without a match."""
    return await _authenticate(conn, client_id, credentials.c.secret_sha256 == secret, at=at)


async def authenticate_by_key(conn: AsyncConnection, client_id: str, *, at: datetime) -> UUID | None:
    """Return the same for a client whose assertion was verified with its key."""
    return await _authenticate(conn, client_id, credentials.c.public_keys.is_not(None), at=at)


async def _authenticate(
    conn: AsyncConnection, client_id: str, proves: ColumnElement[bool], *, at: datetime
) -> UUID | None:
    c = credentials.c
    fits = (c.client_id == client_id, proves, _is_active(at), c.party_id == parties.c.id, ~parties.c.disabled)
    used = update(credentials).where(*fits).values(last_used_at=at).returning(credentials.c.party_id)
    found: UUID | None = (await conn.execute(used)).scalar_one_or_none()
    return found


async def record_use(conn: AsyncConnection, client_id: str, *, at: datetime) -> None:
    """Record the use of a credential by a token of the external issuer, at most once per minute."""
    c = credentials.c
    due = (c.client_id == client_id, or_(c.last_used_at.is_(None), c.last_used_at < at - timedelta(minutes=1)))
    await conn.execute(update(credentials).where(*due).values(last_used_at=at))


async def list_keys(conn: AsyncConnection, client_id: str, *, at: datetime) -> list[dict[str, Any]]:
    """Return the public keys of an active credential, or an empty list."""
    found = select(credentials.c.public_keys).where(credentials.c.client_id == client_id, _is_active(at))
    return list((await conn.execute(found)).scalar_one_or_none() or ())


async def list_by_party(
    conn: AsyncConnection, party_id: UUID, *, before: str | None, limit: int, at: datetime
) -> Sequence[RowMapping]:
    """Return up to `limit` active credentials of a party older than `before`, newest first, without secrets."""
    c = credentials.c
    shown = (c.client_id, c.made_at, c.last_used_at, c.expires_at, c.public_keys, c.subject)
    found = select(*shown).where(c.party_id == party_id, _is_active(at)).order_by(c.client_id.desc()).limit(limit)
    if before is not None:
        found = found.where(c.client_id < before)
    return (await conn.execute(found)).mappings().all()


async def count_active(conn: AsyncConnection, party_id: UUID, *, at: datetime) -> int:
    """Count the active credentials of a party."""
    query = select(func.count()).select_from(credentials).where(credentials.c.party_id == party_id, _is_active(at))
    return int((await conn.execute(query)).scalar_one())


def _is_active(at: datetime) -> ColumnElement[bool]:
    c = credentials.c
    return c.ended_at.is_(None) & or_(c.expires_at.is_(None), c.expires_at > at)


async def list_changed_since(conn: AsyncConnection, revision: int) -> Sequence[RowMapping]:
    """Return the credentials that changed after a revision, with their party and end."""
    c = credentials.c
    columns = (c.client_id, c.party_id, c.subject, c.expires_at, c.ended_at, c.person)
    found = await conn.execute(select(*columns).where(c.revision > revision).order_by(c.revision))
    return found.mappings().all()
