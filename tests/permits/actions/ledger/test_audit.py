"""The audit of the ledger: a balance that differs from its entries raises an alarm."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from services.permits.actions.declarations import transitions
from services.permits.actions.jobs import make_jobs
from services.permits.actions.ledger.audit import LedgerAuditor
from services.permits.actions.metrics import collect_metrics
from shared.contracts.declaration import Release
from shared.database import now
from shared.periodic_jobs import run_jobs
from tests.permits.declaration_steps import accepted_declaration, run_command
from tests.permits.sample_data import CUSTOMS_FR, issue_permit, line, permit_content
from tests.superuser import write_as_superuser
from tests.waiting import wait_until


async def test_balances_that_agree_with_their_entries_raise_no_alarm(permits_db: AsyncEngine) -> None:
    _, found = await accepted_declaration(permits_db)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    await issue_permit(permits_db, permit_content(line(), line("B", "40", term="MEA", unit="kg")))
    auditor = LedgerAuditor(lines=2)
    for _ in range(4):
        await auditor.run(permits_db, now())
    assert auditor.mismatch_count == 0


@pytest.mark.parametrize("change", ["import_consumed = 99", "import_closed = false", "endorsed = 119", "granted = 121"])
async def test_balance_mismatch_raises_an_alarm_in_each_pass(
    server: Server, permits_db: AsyncEngine, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    permit_id, found = await accepted_declaration(permits_db)
    await run_command(permits_db, transitions.release, found, CUSTOMS_FR, Release())
    for _ in range(3):
        await issue_permit(permits_db, permit_content())
    statement = f"UPDATE permit_lines SET {change} WHERE permit_id = $1"
    await write_as_superuser(server, permits_db, statement, permit_id)
    auditor = LedgerAuditor(lines=2)
    for _ in range(2):
        await auditor.run(permits_db, now())
    output = capsys.readouterr().out
    assert (auditor.mismatch_count, "ledger.mismatch_found" in output, str(permit_id) in output) == (1, True, True)
    await auditor.run(permits_db, now())
    await auditor.run(permits_db, now())
    assert auditor.mismatch_count == 2, "a mismatch counts in each pass"


async def read_mismatch_metric(db: AsyncEngine) -> float:
    """Return the number of mismatches that the metrics show."""
    [one] = [metric for metric in await collect_metrics(db) if metric.name == "saola_ledger_differences"]
    return float(one.samples[0].value)


async def test_mismatch_metric_counts_lines_until_they_agree_again(permits_db: AsyncEngine) -> None:
    permit_id, _ = await accepted_declaration(permits_db)
    for _ in range(2):
        await issue_permit(permits_db, permit_content())
    auditor, metrics = LedgerAuditor(lines=2), []
    for reserved in (99, 100):
        async with permits_db.begin() as conn:
            change = text("UPDATE permit_lines SET import_reserved = :n WHERE permit_id = :id")
            await conn.execute(change, {"n": reserved, "id": permit_id})
        for _ in range(2):
            await auditor.run(permits_db, now())
        metrics.append(await read_mismatch_metric(permits_db))
    assert metrics == [1.0, 0.0]


async def test_worker_audits_the_ledger_periodically(server: Server, permits_db: AsyncEngine) -> None:
    permit_id, _ = await accepted_declaration(permits_db)
    statement = "UPDATE permit_lines SET granted = 121 WHERE permit_id = $1"
    await write_as_superuser(server, permits_db, statement, permit_id)
    task = asyncio.create_task(run_jobs(permits_db, make_jobs(), poll_seconds=0.01))
    await wait_until(lambda: read_mismatch_metric(permits_db))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
