"""The listing a hub has before its first: a small one of the project's own, so that a first day works."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from importlib.resources import files

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.loading import OWN_TAXA, load_within
from services.permits.store import loads
from shared.database import now
from shared.logs import logger

HOLDS_FROM = date(2023, 2, 23)
"""The day the amendments of the nineteenth Conference of the Parties came into force."""
TRY_AGAIN = 0.5


async def load_if_none(engine: AsyncEngine) -> None:
    """Load the project's own listing where none was ever loaded; of many that start at once, one does."""
    async with engine.begin() as conn:
        if await loads.begin(conn, "taxa") == 0:
            await load_within(conn, OWN_TAXA, _file(), HOLDS_FROM, now(), None)


async def load_when_possible(engine: AsyncEngine) -> None:
    """Do so as soon as the database answers and is migrated."""
    while True:
        try:
            return await load_if_none(engine)
        except (DBAPIError, OSError, TimeoutError) as error:
            logger().warning("listing.waits", error=repr(error)[:300])
            await asyncio.sleep(TRY_AGAIN)


async def _file() -> AsyncIterator[bytes]:
    yield (files("shared.cites") / "listing.csv").read_bytes()
