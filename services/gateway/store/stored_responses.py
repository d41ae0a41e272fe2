"""What was answered under an Idempotency-Key, kept in the transaction of its effect."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import kept_answers


async def keep(
    conn: AsyncConnection, party_id: UUID, route: str, key: str, *, fingerprint: bytes, body: bytes, at: datetime
) -> bool:
    """Keep an answer; False when one is kept under this key already (a rival that is not done is waited for)."""
    row = {"party_id": party_id, "route": route, "key": key, "fingerprint": fingerprint, "body": body, "kept_at": at}
    kept = insert(kept_answers).values(**row).on_conflict_do_nothing().returning(kept_answers.c.key)
    return (await conn.execute(kept)).one_or_none() is not None


async def find(conn: AsyncConnection, party_id: UUID, route: str, key: str) -> tuple[bytes, bytes] | None:
    """Read the fingerprint and the body kept under a key."""
    same = (kept_answers.c.party_id == party_id, kept_answers.c.route == route, kept_answers.c.key == key)
    row = (await conn.execute(select(kept_answers.c.fingerprint, kept_answers.c.body).where(*same))).one_or_none()
    return None if row is None else (row.fingerprint, row.body)


async def forget(conn: AsyncConnection, *, before: datetime, most: int) -> int:
    """Forget up to `most` answers that were kept before a moment; answers how many."""
    k = kept_answers.c
    old = select(k.party_id, k.route, k.key).where(k.kept_at < before).limit(most)
    gone = delete(kept_answers).where(tuple_(k.party_id, k.route, k.key).in_(old)).returning(k.key)
    return len((await conn.execute(gone)).all())
