"""Drop the answers of commands that nobody asks again."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import commands

RETENTION = timedelta(days=8)
"""How long an answer is kept: the seven days that are promised, and one for whoever comes late."""
BATCH_SIZE = 5_000


async def delete_expired_commands(engine: AsyncEngine, at: datetime) -> None:
    """Drop what is older, some thousands at a time."""
    deleted = BATCH_SIZE
    while deleted == BATCH_SIZE:
        async with engine.begin() as conn:
            deleted = await commands.delete_expired(conn, at - RETENTION, limit=BATCH_SIZE)
