"""The periodic jobs of notifications, run by one of its workers."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.backlog import clear_deleted_endpoints
from services.notifications.actions.delivery import end_late_claims
from services.notifications.actions.retention import (
    delete_expired_deliveries,
    delete_expired_events,
    drop_deliveries_of_disabled_parties,
)
from services.notifications.domain.retention import RetentionPeriods
from shared.idempotency import delete_expired_commands
from shared.periodic_jobs import Job

INTERVAL_SECONDS = 3600.0
CLAIMS_INTERVAL_SECONDS = 60.0


def make_jobs(periods: RetentionPeriods) -> tuple[Job, ...]:
    """Return the periodic jobs of notifications. `periods` says how long events and deliveries are kept."""

    async def clear_endpoints(engine: AsyncEngine, at: datetime) -> None:
        await clear_deleted_endpoints(engine, at=at)

    async def drop_deliveries(engine: AsyncEngine, at: datetime) -> None:
        await drop_deliveries_of_disabled_parties(engine, periods.events, at=at)

    async def delete_events(engine: AsyncEngine, at: datetime) -> None:
        await delete_expired_events(engine, periods.events)

    async def delete_deliveries(engine: AsyncEngine, at: datetime) -> None:
        await delete_expired_deliveries(engine, periods.deliveries)

    async def end_claims(engine: AsyncEngine, at: datetime) -> None:
        await end_late_claims(engine, at=at)

    return (
        Job("late_claims", CLAIMS_INTERVAL_SECONDS, end_claims),
        Job("deleted_endpoints", INTERVAL_SECONDS, clear_endpoints),
        Job("deliveries_of_disabled_parties", INTERVAL_SECONDS, drop_deliveries),
        Job("events", INTERVAL_SECONDS, delete_events),
        Job("deliveries", INTERVAL_SECONDS, delete_deliveries),
        Job("commands", INTERVAL_SECONDS, delete_expired_commands),
    )
