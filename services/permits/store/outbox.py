"""News on its way to notifications."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import outbox_events
from shared import outbox


async def read_backlog(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """Answer how many events were not carried yet, and when the oldest of them happened."""
    return await outbox.read_backlog(conn, outbox_events, outbox_events.c.at)
