"""The outbox of events for notifications."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import outbox_events
from shared import outbox


async def read_backlog(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """Return how many events are not sent yet, and the time of the oldest of them."""
    return await outbox.read_backlog(conn, outbox_events, outbox_events.c.at)
