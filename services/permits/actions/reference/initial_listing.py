"""The listing a hub has before its first: a small one of the project's own, so that a first day works."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from importlib.resources import files

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference.load_list import BUILT_IN_TAXA, load_in_transaction
from services.permits.store import reference_loads
from shared.database import now
from shared.service_process import wait_for_database

FILES = ((date(2023, 2, 23), "listing.csv"), (date(2026, 3, 5), "listing-cop20.csv"))
"""From which day each holds: that on which what a Conference of the Parties amended came into force (Article XV.1).

The first is a listing, each further one says of some taxa what stands from then on.
"""


async def load_if_none(engine: AsyncEngine) -> None:
    """Load the project's own listing where none was ever loaded; of many that start at once, one does."""
    async with engine.begin() as conn:
        if await reference_loads.lock_list(conn, "taxa") == 0:
            for count, (day, _) in enumerate(FILES, start=1):
                await load_in_transaction(conn, BUILT_IN_TAXA, _listing_up_to(count), day, now(), None)


class InitialListing:
    """Loads the project's own listing at the start of a process, and knows whether a listing is there."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._loaded = asyncio.Event()

    async def load_when_possible(self) -> None:
        """Load the listing where there is none, as soon as the database responds and is migrated."""
        await wait_for_database(lambda: load_if_none(self._engine))
        self._loaded.set()

    async def wait_until_loaded(self, seconds: float) -> bool:
        """Return whether a listing is there, now or within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._loaded.wait()
        except TimeoutError:
            return False
        return True


async def _listing_up_to(file_count: int) -> AsyncIterator[bytes]:
    """Answer the listing with so many files told: a row of a later one takes the place of that of an earlier one."""
    rows: dict[str, str] = {}
    for _, name in FILES[:file_count]:
        for line in (files("shared.cites") / name).read_text(encoding="utf-8").splitlines():
            rows[line.partition(",")[0]] = line
    yield "\n".join(rows.values()).encode()
