"""Store the parties that changed at the gateway."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import parties
from shared.contracts.parties import Party
from shared.database import retry_transaction


async def store_changed(engine: AsyncEngine, changed: Sequence[Party]) -> None:
    """Store changed parties in the copy of permits. A version that is older than the stored one is ignored."""

    async def transaction() -> None:
        async with engine.begin() as conn:
            await parties.upsert(conn, changed)

    await retry_transaction(transaction)
