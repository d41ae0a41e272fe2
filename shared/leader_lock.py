"""Whose turn it is to do the periodic jobs: one advisory lock, held by one worker as long as its connection lives."""

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

LOCK_KEY = 0x5A01A
"""The number of the lock; the only session-wide advisory lock of this database."""


async def try_acquire(conn: AsyncConnection) -> bool:
    """Take the turn until this connection ends; False while another worker has it."""
    return bool((await conn.execute(select(func.pg_try_advisory_lock(LOCK_KEY)))).scalar_one())


async def require_held(conn: AsyncConnection) -> None:
    """Make sure that the connection that holds the turn still lives; raises where it does not."""
    await conn.execute(select(literal(1)))
