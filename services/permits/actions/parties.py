"""Take in the parties that changed at the gateway."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import parties
from shared.contracts.parties import Party
from shared.database import retry_transaction


async def store_changed(engine: AsyncEngine, changed: Sequence[Party]) -> None:
    """Bring the copy up to date; older versions change nothing."""

    async def transaction() -> None:
        async with engine.begin() as conn:
            await parties.upsert(conn, changed)

    await retry_transaction(transaction)
