"""News on its way to notifications."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import news
from shared import outbox


async def waiting(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """Answer how many events were not carried yet, and when the oldest of them happened."""
    return await outbox.waiting(conn, news, news.c.at)
