"""The stored state of reconciliations: each loss once with its name, and the metrics."""

from datetime import UTC, datetime
from uuid import UUID

from prometheus_client.core import Metric
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from shared import reconciliation_state
from shared.contracts.closed_sets import ReconciliationStatus
from shared.reconciliation import report_lost, store_mended, store_status
from shared.reconciliation_state import Loss, Mended, list_lost, read_states

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOSS = Loss(code="event", reason="Officers repeat them.")
FIRST, SECOND = UUID(int=1), UUID(int=2)


async def test_loss_is_stored_and_logged_once(gateway_db: AsyncEngine) -> None:
    await store_status(gateway_db, "events", ReconciliationStatus.DONE, compared_at=AT)
    with capture_logs() as lines:
        await report_lost(gateway_db, "events", LOSS, {FIRST: "permit:1 3 permit.endorsed"})
        await report_lost(gateway_db, "events", LOSS, {FIRST: None, SECOND: None})
        await report_lost(gateway_db, "events", LOSS, {})
    assert [(line["reason"], line["ids"]) for line in lines] == [
        (LOSS.reason, [str(FIRST)]),
        (LOSS.reason, [str(SECOND)]),
    ]
    found = {one.id: (one.messages, one.loss, one.reason, one.detail) for one in await list_lost(gateway_db)}
    assert found == {
        FIRST: ("events", "event", LOSS.reason, "permit:1 3 permit.endorsed"),
        SECOND: ("events", "event", LOSS.reason, None),
    }
    (state,) = await read_states(gateway_db)
    assert state.lost == 2


def _samples(metrics: list[Metric]) -> dict[tuple[str, ...], float]:
    return {(one.name, *one.labels.values()): one.value for metric in metrics for one in metric.samples if one.value}


async def test_metrics_of_reconciliations_show_status_time_and_counts(gateway_db: AsyncEngine) -> None:
    await store_status(gateway_db, "events", ReconciliationStatus.DONE, compared_at=AT)
    await store_mended(gateway_db, "events", Mended(sent_again=3, adopted=1))
    await store_mended(gateway_db, "events", Mended(sent_again=2))
    await report_lost(gateway_db, "events", LOSS, {FIRST: None})
    await store_status(gateway_db, "parties", ReconciliationStatus.FAILED)
    assert _samples(reconciliation_state.reconciliation_metrics(await read_states(gateway_db))) == {
        ("saola_reconciliation_status", "events", "done"): 1,
        ("saola_reconciliation_status", "parties", "failed"): 1,
        ("saola_reconciliation_compared_timestamp_seconds", "events"): AT.timestamp(),
        ("saola_reconciliation_sent_again", "events"): 5,
        ("saola_reconciliation_adopted", "events"): 1,
        ("saola_reconciliation_lost", "events"): 1,
    }
