"""The metrics of the gateway: submissions that wait for permits."""

from collections.abc import Sequence

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import submissions
from shared.database import now
from shared.metrics import QueueBacklog


async def collect_metrics(engine: AsyncEngine) -> Sequence[Metric]:
    """Return how many submissions wait for permits, and how long the oldest one has waited."""
    async with engine.connect() as conn:
        count, oldest = await submissions.read_backlog(conn)
    return QueueBacklog(count, oldest).metrics("saola_submissions", "Declarations on their way to permits", now())
