"""Beginning to work: who there is is learnt first, then couriers carry and the directory is kept up to date."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from services.gateway.actions.context import Desk
from services.gateway.actions.first_admin import make_first_admin
from services.gateway.actions.retention import keep_sweeping
from shared.dispatcher import Courier
from shared.logs import logger

TRY_AGAIN = 1.0
AWAY = (SQLAlchemyError, OSError, TimeoutError)


async def begin(desk: Desk, admin_file: Path | None, submissions: Courier) -> None:
    """Learn who there is, as soon as the database lets us, then carry and keep up to date until cancelled."""
    while not await _knows_people(desk, admin_file):  # noqa: ASYNC110 - the database tells nobody that it is back
        await asyncio.sleep(TRY_AGAIN)
    runs: list[Coroutine[Any, Any, None]] = [courier.run() for courier in desk.letters.couriers]
    async with asyncio.TaskGroup() as tasks:
        for run in (*runs, submissions.run(), desk.people.watch(), keep_sweeping(desk.engine)):
            tasks.create_task(run)


async def _knows_people(desk: Desk, admin_file: Path | None) -> bool:
    try:
        if admin_file is not None:
            async with desk.engine.begin() as conn:
                await make_first_admin(conn, admin_file)
        await desk.people.refresh()
        await desk.letters.put_left()
    except AWAY as error:
        logger().warning("start.waits", error=repr(error)[:300])
        return False
    return True
