"""Beginning to work: who there is is learnt first, then couriers carry and the directory is kept up to date."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from services.gateway.actions.context import GatewayContext
from services.gateway.actions.first_admin import make_first_admin
from services.gateway.actions.jobs import JOBS
from shared.database import DATABASE_ERRORS
from shared.dispatcher import Dispatcher
from shared.logs import logger
from shared.periodic_jobs import run_jobs

RETRY_SECONDS = 1.0


async def run_background_tasks(
    context: GatewayContext, admin_file: Path | None, submission_dispatcher: Dispatcher
) -> None:
    """Learn who there is, as soon as the database lets us, then carry and keep up to date until cancelled."""
    while not await _prepare(context, admin_file):  # noqa: ASYNC110 - the database tells nobody that it is back
        await asyncio.sleep(RETRY_SECONDS)
    runs: list[Coroutine[Any, Any, None]] = [dispatcher.run() for dispatcher in context.party_dispatchers.dispatchers]
    async with asyncio.TaskGroup() as tasks:
        for run in (
            *runs,
            submission_dispatcher.run(),
            context.directory.run(),
            run_jobs(context.engine, JOBS),
        ):
            tasks.create_task(run)


async def _prepare(context: GatewayContext, admin_file: Path | None) -> bool:
    try:
        if admin_file is not None:
            async with context.engine.begin() as conn:
                await make_first_admin(conn, admin_file)
        await context.directory.refresh()
        await context.party_dispatchers.dispatch_pending()
    except DATABASE_ERRORS as error:
        logger().warning("startup.waiting", error=error)
        return False
    return True
