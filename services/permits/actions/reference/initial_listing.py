"""The built-in listing: a small one that a new hub uses until its administrator loads a full one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from importlib.resources import files

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference.load_list import BUILT_IN_TAXA, LoadOrder, load_in_transaction
from services.permits.actions.reference.startup_report import log_reference_lists
from services.permits.domain.reference.kept_facts import FileAge, FileAuthority
from services.permits.store import reference_loads
from shared.database import now
from shared.service_process import wait_for_database

FILES = ((date(2023, 2, 23), "listing.csv"), (date(2026, 3, 5), "listing-cop20.csv"))
"""The files, each with its first day: the amendments of a Conference of the Parties enter into force (Article XV.1).

The first file is a whole listing. Each later file replaces the rows of some taxa.
"""


async def load_if_none(engine: AsyncEngine) -> None:
    """Load the built-in listing if no listing was ever loaded. If several processes start at once, one loads it."""
    async with engine.begin() as conn:
        if await reference_loads.lock_list(conn, "taxa") == 0:
            for count, (day, _) in enumerate(FILES, start=1):
                order = LoadOrder(age=FileAge(day=day, authority=FileAuthority.CONFIRMED), at=now(), loaded_by=None)
                await load_in_transaction(conn, BUILT_IN_TAXA, _listing_up_to(count), order)


class InitialListing:
    """The load of the built-in listing at the start of a process, and whether it is complete."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._loaded = asyncio.Event()

    async def load_when_possible(self) -> None:
        """Load the listing if there is none, as soon as the database responds and is migrated; then log all lists."""
        await wait_for_database(lambda: load_if_none(self._engine))
        self._loaded.set()
        await wait_for_database(lambda: log_reference_lists(self._engine))

    async def wait_until_loaded(self, seconds: float) -> bool:
        """Return whether a listing is loaded, at the latest after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._loaded.wait()
        except TimeoutError:
            return False
        return True


async def _listing_up_to(file_count: int) -> AsyncIterator[bytes]:
    """Yield the listing of the first `file_count` files. A row of a later file replaces the row of an earlier one."""
    rows: dict[str, str] = {}
    for _, name in FILES[:file_count]:
        for line in (files("shared.cites") / name).read_text(encoding="utf-8").splitlines():
            rows[line.partition(",")[0]] = line
    yield "\n".join(rows.values()).encode()
