"""The metrics of permits: events in the outbox, balance mismatches, second uses that wait, and reference lists."""

from collections.abc import Sequence

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import balance_mismatches, outbox, reference_loads, second_use_alerts
from shared.clock_skew import read_database_skew
from shared.database import now
from shared.metrics import DATABASE, QueueBacklog, clock_skew_gauge, gauge
from shared.reconciliation_state import read_states, reconciliation_metrics


async def collect_metrics(engine: AsyncEngine) -> Sequence[Metric]:
    """Return the metrics of the events that wait for notifications, of mismatches, second uses and reference lists."""
    async with engine.connect() as conn:
        count, oldest = await outbox.read_backlog(conn)
        mismatches = await balance_mismatches.count(conn)
        held_attempts = await second_use_alerts.count_held(conn)
        lists = await reference_loads.list_states(conn)
        skew = await read_database_skew(conn)
    waiting_events = QueueBacklog(count, oldest).metrics(
        "saola_news", "Events that wait to be sent to notifications", now()
    )
    help_text = "Permit lines with a balance that differs from their ledger entries: see table balance_mismatches"
    rows = [((row["list"],), float(row["rows"])) for row in lists]
    loads = [((row["list"],), row["at"].timestamp() if row["at"] else 0.0) for row in lists]
    return [
        *waiting_events,
        *reconciliation_metrics(await read_states(engine)),
        clock_skew_gauge({DATABASE: skew}),
        gauge("saola_ledger_differences", help_text, [((), mismatches)]),
        gauge(
            "saola_second_uses_held",
            "Second uses of permit lines that the next alert counts",
            [((), held_attempts)],
        ),
        gauge("saola_reference_list_rows", "Rows of a reference list without a last day", rows, ["list"]),
        gauge(
            "saola_reference_list_loaded_timestamp_seconds",
            "Time of the last load that changed a reference list; 0 if it was never loaded",
            loads,
            ["list"],
        ),
    ]
