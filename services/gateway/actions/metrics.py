"""The metrics of the gateway: submissions that wait for permits, and differences between clocks."""

from collections.abc import Sequence

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import submissions
from shared.clock_skew import read_database_skew
from shared.database import now
from shared.metrics import DATABASE, QueueBacklog, clock_skew_gauge
from shared.reconciliation_state import read_states, reconciliation_metrics
from shared.service_client import ServiceClient


async def collect_metrics(engine: AsyncEngine, services: Sequence[ServiceClient]) -> Sequence[Metric]:
    """Return how many submissions wait for permits, how long the oldest one has waited, and the skew of the clocks."""
    async with engine.connect() as conn:
        count, oldest = await submissions.read_backlog(conn)
        skews = {DATABASE: await read_database_skew(conn)} | {service.name: service.clock.skew for service in services}
    waiting = QueueBacklog(count, oldest).metrics("saola_submissions", "Declarations on their way to permits", now())
    reconciled = reconciliation_metrics(await read_states(engine))
    return [*waiting, clock_skew_gauge(skews), *reconciled]
