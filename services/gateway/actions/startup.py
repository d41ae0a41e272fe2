"""The start of the gateway: it reads the parties first, then runs its background tasks."""

import asyncio
from pathlib import Path

from services.gateway.actions.context import GatewayContext
from services.gateway.actions.first_admin import make_first_admin
from services.gateway.actions.jobs import JOBS
from services.gateway.actions.mandate_reconciliation import reconcile_mandates
from services.gateway.actions.party_reconciliation import reconcile_parties
from services.gateway.actions.reconciliation import SubmissionReconciler
from shared.dispatcher import Dispatcher
from shared.periodic_jobs import RECONCILIATION_LOCK, Job, run_jobs
from shared.reconciliation import CHECK_SECONDS
from shared.service_process import wait_for_database


async def run_background_tasks(
    context: GatewayContext,
    admin_file: Path | None,
    submission_dispatcher: Dispatcher,
    reconciler: SubmissionReconciler,
) -> None:
    """Read the parties as soon as the database is ready, then run the background tasks until cancelled."""
    await wait_for_database(lambda: _prepare(context, admin_file, reconciler))
    copying = (context.permits, context.notifications)
    reconciliations = (
        Job("parties", CHECK_SECONDS, reconcile_parties(copying).run),
        Job("mandates", CHECK_SECONDS, reconcile_mandates(copying).run),
        Job("submissions", CHECK_SECONDS, reconciler.reconciliation.run),
    )
    async with asyncio.TaskGroup() as tasks:
        for dispatcher in (*context.party_dispatchers.dispatchers, submission_dispatcher):
            tasks.create_task(dispatcher.run())
        tasks.create_task(context.directory.run())
        tasks.create_task(context.waiters.run())
        tasks.create_task(context.feed_watch.run())
        tasks.create_task(run_jobs(context.engine, JOBS))
        tasks.create_task(run_jobs(context.engine, reconciliations, lock=RECONCILIATION_LOCK))


async def _prepare(context: GatewayContext, admin_file: Path | None, reconciler: SubmissionReconciler) -> None:
    if admin_file is not None:
        async with context.engine.begin() as conn:
            await make_first_admin(conn, admin_file)
    await reconciler.reconcile_at_start(context.engine)
    await context.directory.refresh()
    await context.party_dispatchers.dispatch_pending()
