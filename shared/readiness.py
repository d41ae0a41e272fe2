"""The part of readiness that all services share: the database responds, has space and the migration of the code.

Its clock and that of the service agree.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.clock_skew import find_clock_fault, read_database_skew
from shared.database import DATABASE_ERRORS, is_out_of_space
from shared.limits import Limit, LimitSubject
from shared.migration_state import find_migration_fault

MIN_FREE_BYTES = Limit(
    1_048_576,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="Free space on the disk of a database",
    beyond="With less, `/readyz` of the service is 503 `not-ready`.",
)
Checked = TypeVar("Checked")
_ROW_BYTES = 8_192
# Raw: Core has no materialized function result. PostgreSQL writes the rows to a temporary file, because they exceed
# `work_mem`, and deletes it at once. The probe writes neither a table nor the log, and any role may do it.
_LIMIT_MEMORY = text("SET LOCAL work_mem = '64kB'")
_WRITE_TEMPORARY_FILE = text(
    "WITH filled AS MATERIALIZED (SELECT repeat('x', :row_bytes) AS row FROM generate_series(1, :rows)) "
    "SELECT count(*) FROM filled"
)


async def find_database_fault(engine: AsyncEngine, service: str) -> str | None:
    """Return why a service cannot use its database now, and what to do; None if it can."""
    try:
        async with engine.connect() as conn:
            fault = await find_migration_fault(conn, service)
            if fault is None:
                fault = find_clock_fault(f"the {service} database", await read_database_skew(conn))
                await _require_space(conn)
            return fault
    except DATABASE_ERRORS as error:
        if is_out_of_space(error):
            return f"The disk of the {service} database is full. Free space on it. The service then continues."
        return f"The {service} database does not respond. The service waits for it; check the database server."


async def _require_space(conn: AsyncConnection) -> None:
    """Raise the error of PostgreSQL (53100) if its disk has less free space than `MIN_FREE_BYTES`."""
    await conn.execute(_LIMIT_MEMORY)
    await conn.execute(_WRITE_TEMPORARY_FILE, {"row_bytes": _ROW_BYTES, "rows": MIN_FREE_BYTES // _ROW_BYTES})


def share_check(check: Callable[[], Awaitable[Checked]]) -> Callable[[], Coroutine[Any, Any, Checked]]:
    """Return a check that runs once at a time. Requests that come while it runs share its result.

    No rate limit applies to `/readyz`, because a proxy decides by it where requests go. So any number of requests to it
    must need no more than one connection of the database.
    """
    running: asyncio.Future[Checked] | None = None

    async def check_once() -> Checked:
        nonlocal running
        if running is None or running.done():
            running = asyncio.ensure_future(check())
        return await asyncio.shield(running)

    return check_once
