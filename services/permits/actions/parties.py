"""Take in the parties that changed at the gateway."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import parties
from shared.contracts.parties import Party
from shared.database import again


async def take_in(engine: AsyncEngine, changed: Sequence[Party]) -> None:
    """Bring the copy up to date; older versions change nothing."""

    async def once() -> None:
        async with engine.begin() as conn:
            await parties.keep(conn, changed)

    await again(once)
