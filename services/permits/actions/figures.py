"""What a monitor reads of permits: the news that waits to be told."""

from collections.abc import Sequence

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import telling
from shared.database import now
from shared.metrics import Waiting


async def figures(engine: AsyncEngine) -> Sequence[Metric]:
    """Answer how much news waits to be carried to notifications, and how long the oldest has."""
    async with engine.connect() as conn:
        count, oldest = await telling.waiting(conn)
    return Waiting(count, oldest).figures("saola_news", "Events on their way to notifications", now())
