"""End the reservations of declarations that nobody released in the days their country's policy allows."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.locking import Moved, anew
from services.permits.domain.declarations.refer_stale import end
from services.permits.domain.lifecycle import By, Status
from services.permits.store import change_sets, declarations, permits, policies
from shared.cites.time_zones import utc_day
from shared.contracts.parties import Act
from shared.logs import logger

STANDING = frozenset({Status.ACCEPTED, Status.REFERRED})


async def end_abandoned(engine: AsyncEngine, at: datetime) -> None:
    """Give back what was set aside longer ago than the policy of the deciding country says; one by one."""
    async with engine.connect() as conn:
        allowed = {country: policy.reservation_days for country, policy in (await policies.all_(conn)).items()}
    for country, days in allowed.items():
        while days is not None:
            before = at - timedelta(days=days)
            async with engine.connect() as conn:
                found = await declarations.idle(conn, country, before, limit=100)
            for id in found:
                await _end(engine, id, days, before, at)
            if len(found) < 100:
                break


async def _end(engine: AsyncEngine, id: UUID, days: int, before: datetime, at: datetime) -> None:
    async def once() -> bool:
        async with engine.begin() as conn:
            cited = await permits.lock(conn, await declarations.permits_held_by(conn, id))
            filed = (await declarations.lock(conn, [id]))[id]
            if {c.permit for c in filed.citations if c.open} - cited.keys():
                raise Moved
            last = await declarations.last_moved(conn, id)
            if filed.status not in STANDING or last >= before:
                return False
            outcome = end(filed, cited, days, utc_day(last), Act(party=None, role=By.RULES, at=at))
            await change_sets.keep(conn, outcome)
            return True

    if await anew(once):
        logger().info("declaration.reservation_ended", declaration=str(id))
