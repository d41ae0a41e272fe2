"""The metrics of permits: events that wait in the outbox, and permit lines with a balance mismatch."""

from collections.abc import Sequence

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import balance_mismatches, outbox
from shared.database import now
from shared.metrics import QueueBacklog, gauge


async def collect_metrics(engine: AsyncEngine) -> Sequence[Metric]:
    """Return how many events wait for notifications, the age of the oldest in seconds, and the count of mismatches."""
    async with engine.connect() as conn:
        count, oldest = await outbox.read_backlog(conn)
        mismatches = await balance_mismatches.count(conn)
    waiting_events = QueueBacklog(count, oldest).metrics(
        "saola_news", "Events that wait to be sent to notifications", now()
    )
    help_text = "Permit lines with a balance that differs from their ledger entries: see table balance_mismatches"
    return [*waiting_events, gauge("saola_ledger_differences", help_text, [((), mismatches)])]
