"""Used client assertions: each is valid once. A row is deleted when its assertion has expired."""

from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import used_assertions


async def mark_used(conn: AsyncConnection, client_id: str, jti: str, *, expires_at: datetime) -> bool:
    """Insert a used assertion. Return False if it was used before.

    A concurrent transaction with the same assertion is waited for.
    """
    row = {"client_id": client_id, "jti": jti, "expires_at": expires_at}
    inserted = insert(used_assertions).values(**row).on_conflict_do_nothing().returning(used_assertions.c.jti)
    return (await conn.execute(inserted)).one_or_none() is not None


async def delete_expired(conn: AsyncConnection, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` assertions that expired before a moment. Return their number."""
    c = used_assertions.c
    expired = select(c.client_id, c.jti).where(c.expires_at < before).limit(limit)
    return (await conn.execute(delete(used_assertions).where(tuple_(c.client_id, c.jti).in_(expired)))).rowcount
