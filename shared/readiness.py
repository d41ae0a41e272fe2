"""The part of readiness that all services share: the database responds, and has the migration of the code."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import DATABASE_ERRORS
from shared.migration_state import find_migration_fault


async def find_database_fault(engine: AsyncEngine, service: str) -> str | None:
    """Return why a service cannot use its database now, and what to do; None if it can."""
    try:
        async with engine.connect() as conn:
            return await find_migration_fault(conn, service)
    except DATABASE_ERRORS:
        return f"The {service} database does not respond. The service waits for it; check the database server."


def share_check(check: Callable[[], Awaitable[str | None]]) -> Callable[[], Coroutine[Any, Any, str | None]]:
    """Return a check that runs once at a time. Requests that come while it runs share its result.

    No rate limit applies to `/readyz`, because a proxy decides by it where requests go. So any number of requests to it
    must need no more than one connection of the database.
    """
    running: asyncio.Future[str | None] | None = None

    async def check_once() -> str | None:
        nonlocal running
        if running is None or running.done():
            running = asyncio.ensure_future(check())
        return await asyncio.shield(running)

    return check_once
