"""Tell of permits that end soon, or have ended, by their dates: the day is the issuer's."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.domain.lifecycle import By
from services.permits.domain.permits.expiry import tell
from services.permits.domain.values import Outcome
from services.permits.store import change_sets, expiry, permits
from shared.cites.time_zones import latest_day
from shared.contracts.parties import Act
from shared.database import again

AT_ONCE = 200
"""Permits told of in one transaction, so that no counter waits long for one of them."""


async def tell_of_ends(engine: AsyncEngine, at: datetime) -> None:
    """Write `permit.expiring` 30 days before a permit's last day, and `permit.expired` when it is over."""

    async def once() -> int:
        async with engine.begin() as conn:
            return await _tell(conn, at)

    while await again(once):
        pass


async def _tell(conn: AsyncConnection, at: datetime) -> int:
    found = await permits.lock(conn, await expiry.to_tell(conn, at, limit=AT_ONCE))
    hearers = await permits.watchers(conn, found)
    by = Act(party=None, role=By.RULES, at=at)
    told = [
        change
        for id, permit in found.items()
        if (change := tell(permit, latest_day(permit.terms.issuer, at), by, hearers.get(id, frozenset())))
    ]
    await change_sets.keep(conn, Outcome(permits=tuple(told)))
    return len(told)
