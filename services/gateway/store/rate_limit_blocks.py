"""The used requests of a party in a window, counted in blocks that the replicas take."""

from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import rate_limit_blocks


async def take_block(conn: AsyncConnection, party_id: UUID, window: int, *, block: int, quota: int) -> tuple[int, int]:
    """Acquire a block of a party's window. Return how much of it was available, and what remains for others."""
    c = rate_limit_blocks.c
    counted = insert(rate_limit_blocks).values(party_id=party_id, window_start=window, used=block)
    counted = counted.on_conflict_do_update(index_elements=[c.party_id, c.window_start], set_={"used": c.used + block})
    used = int((await conn.execute(counted.returning(c.used))).scalar_one())
    return min(block, max(0, quota - (used - block))), max(0, quota - used)


async def delete_expired(conn: AsyncConnection, *, before: int, limit: int) -> int:
    """Delete up to `limit` counts of windows that began before a second. Return their number."""
    c = rate_limit_blocks.c
    expired = select(c.party_id, c.window_start).where(c.window_start < before).limit(limit)
    condition = tuple_(c.party_id, c.window_start).in_(expired)
    return (await conn.execute(delete(rate_limit_blocks).where(condition))).rowcount
