"""Drop the answers of commands that nobody asks again."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import commands

KEPT = timedelta(days=8)
"""How long an answer is kept: the seven days that are promised, and one for whoever comes late."""
AT_ONCE = 5_000


async def sweep_commands(engine: AsyncEngine, at: datetime) -> None:
    """Drop what is older, some thousands at a time."""
    dropped = AT_ONCE
    while dropped == AT_ONCE:
        async with engine.begin() as conn:
            dropped = await commands.sweep(conn, at - KEPT, limit=AT_ONCE)
