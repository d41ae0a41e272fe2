"""What was answered under an Idempotency-Key, kept in the transaction of its effect."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import stored_responses


async def add(
    conn: AsyncConnection, party_id: UUID, route: str, key: str, *, fingerprint: bytes, body: bytes, at: datetime
) -> bool:
    """Keep an answer; False when one is kept under this key already (a rival that is not done is waited for)."""
    row = {"party_id": party_id, "route": route, "key": key, "fingerprint": fingerprint, "body": body, "stored_at": at}
    inserted = insert(stored_responses).values(**row).on_conflict_do_nothing().returning(stored_responses.c.key)
    return (await conn.execute(inserted)).one_or_none() is not None


async def find(conn: AsyncConnection, party_id: UUID, route: str, key: str) -> tuple[bytes, bytes] | None:
    """Read the fingerprint and the body kept under a key."""
    matches = (
        stored_responses.c.party_id == party_id,
        stored_responses.c.route == route,
        stored_responses.c.key == key,
    )
    row = (
        await conn.execute(select(stored_responses.c.fingerprint, stored_responses.c.body).where(*matches))
    ).one_or_none()
    return None if row is None else (row.fingerprint, row.body)


async def delete_expired(conn: AsyncConnection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` answers that were kept before a moment; answers how many."""
    k = stored_responses.c
    old = select(k.party_id, k.route, k.key).where(k.stored_at < before).limit(limit)
    deleted = delete(stored_responses).where(tuple_(k.party_id, k.route, k.key).in_(old)).returning(k.key)
    return len((await conn.execute(deleted)).all())
