"""Refer the transits whose goods did not leave by the declared day."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.declarations.refer_overdue import refer_overdue
from services.permits.store import change_sets, declarations
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor
from shared.database import retry_transaction
from shared.logs import logger

LAST_ZONE = timedelta(hours=12)
"""The last time zone is twelve hours after UTC. Only then the day is over everywhere."""
BATCH = 100


async def refer_overdue_transits(engine: AsyncEngine, at: datetime) -> None:
    """Refer open transits whose day of exit is over in every time zone. Each is referred once."""
    day = utc_day(at - LAST_ZONE)
    while True:
        async with engine.connect() as conn:
            overdue = await declarations.list_overdue_transits(conn, day, limit=BATCH)
        referred = [await _refer(engine, declaration_id, at) for declaration_id in overdue]
        if len(overdue) < BATCH or not any(referred):
            return


async def _refer(engine: AsyncEngine, declaration_id: UUID, at: datetime) -> bool:
    async def transaction() -> bool:
        async with engine.begin() as conn:
            declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
            actor = Actor(party=None, role=ActorRole.RULES, at=at)
            changes = refer_overdue(declaration, utc_day(at - LAST_ZONE), actor)
            if changes is not None:
                await change_sets.save_change_set(conn, changes)
            return changes is not None

    is_referred = await retry_transaction(transaction)
    if is_referred:
        logger().info("overdue_exit.found", declaration=str(declaration_id))
    return is_referred
