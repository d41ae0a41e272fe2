"""End the reservations of declarations that customs did not release in the days that their country's policy allows."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.locking import ConcurrentChange, retry_on_conflict
from services.permits.domain.declarations.refer_stale import refer_stale
from services.permits.store import change_sets, declarations, permits, policies
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.parties import Actor
from shared.logs import logger

OPEN_STATUSES = frozenset({DeclarationStatus.ACCEPTED, DeclarationStatus.REFERRED})


async def refer_stale_declarations(engine: AsyncEngine, at: datetime) -> None:
    """Refer declarations without an event for the days of the policy, and return their reservations."""
    async with engine.connect() as conn:
        days_by_country = {
            country: policy.reservation_days for country, policy in (await policies.list_all(conn)).items()
        }
    for country, days in days_by_country.items():
        while days is not None:
            before = at - timedelta(days=days)
            async with engine.connect() as conn:
                stale_ids = await declarations.list_stale(conn, country, before, limit=100)
            for declaration_id in stale_ids:
                await _refer(engine, declaration_id, days, before, at)
            if len(stale_ids) < 100:
                break


async def _refer(engine: AsyncEngine, declaration_id: UUID, days: int, before: datetime, at: datetime) -> None:
    async def transaction() -> bool:
        async with engine.begin() as conn:
            cited = await permits.lock(conn, await declarations.list_reserved_permits(conn, declaration_id))
            declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
            if {c.permit for c in declaration.citations if c.is_open} - cited.keys():
                raise ConcurrentChange
            last_changed = await declarations.read_last_event_time(conn, declaration_id)
            if declaration.status not in OPEN_STATUSES or last_changed >= before:
                return False
            changes = refer_stale(
                declaration, cited, days, utc_day(last_changed), Actor(party=None, role=ActorRole.RULES, at=at)
            )
            await change_sets.save_change_set(conn, changes)
            return True

    if await retry_on_conflict(transaction):
        logger().info("declaration.reservation_ended", declaration=str(declaration_id))
