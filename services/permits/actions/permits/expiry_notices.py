"""Write events for permits that expire soon or have expired, by the day in the last time zone of the issuer."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.events import NO_FOLLOWERS
from services.permits.domain.permits.expiry import expiry_notice
from services.permits.store import change_sets, expiry, permits
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor
from shared.database import retry_transaction

BATCH_SIZE = 200
"""Permits per transaction: few enough that customs does not wait long for the lock of one of them."""


async def write_expiry_notices(engine: AsyncEngine, at: datetime) -> None:
    """Write `permit.expiring` 30 days before a permit's last day, and `permit.expired` when that day is over."""

    async def transaction() -> int:
        async with engine.begin() as conn:
            return await _write_batch(conn, at)

    while await retry_transaction(transaction):
        pass


async def _write_batch(conn: AsyncConnection, at: datetime) -> int:
    locked = await permits.lock(conn, await expiry.list_due_notices(conn, at, limit=BATCH_SIZE))
    watchers_by_permit = await permits.list_watchers(conn, locked)
    actor = Actor(party=None, role=ActorRole.RULES, at=at)
    notices = [
        change
        for permit_id, permit in locked.items()
        if (
            change := expiry_notice(
                permit,
                day_in_last_zone(permit.content.issuer, at),
                actor,
                watchers_by_permit.get(permit_id, NO_FOLLOWERS),
            )
        )
    ]
    await change_sets.save_change_set(conn, ChangeSet(permits=tuple(notices)))
    return len(notices)
