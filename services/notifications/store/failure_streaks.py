"""Failure streaks: the endpoints that have only failures, the begin of each streak, and its days with failures."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import failure_streaks
from shared.database import bulk_insert, column_arrays

_COLUMNS = ("endpoint_id", "since", "last_day")
_c = failure_streaks.c
_IS_OF_ENDPOINTS = _c.endpoint_id == func.any(bindparam("endpoint_ids", type_=ARRAY(_c.endpoint_id.type)))
_END = delete(failure_streaks).where(_IS_OF_ENDPOINTS)
_COUNT_DAY = """ON CONFLICT (endpoint_id) DO UPDATE
SET days = failure_streaks.days + 1, last_day = excluded.last_day
WHERE failure_streaks.last_day < excluded.last_day"""
_RECORD_FAILURES = bulk_insert(failure_streaks, _COLUMNS, suffix=_COUNT_DAY)
_LIST_FAILING = select(_c.endpoint_id).where(
    _IS_OF_ENDPOINTS, _c.since <= bindparam("before"), _c.days >= bindparam("days")
)


async def record(conn: AsyncConnection, succeeded: Collection[UUID], failed: Collection[UUID], *, at: datetime) -> None:
    """End the streaks of endpoints that received a delivery. Begin one for others that failed, or count its next day.

    A day in UTC counts once, and only if an attempt failed on it. A day without an attempt proves nothing.
    """
    if succeeded:
        await conn.execute(_END, {"endpoint_ids": sorted(succeeded)})
    if failed:
        rows = [{"endpoint_id": endpoint_id, "since": at, "last_day": at.date()} for endpoint_id in sorted(failed)]
        await conn.execute(_RECORD_FAILURES, column_arrays(rows, _COLUMNS))


async def end(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """End the streak of an endpoint that its owner resumes. Earlier failures do not count any more."""
    await conn.execute(_END, {"endpoint_ids": [endpoint_id]})


async def list_failing(
    conn: AsyncConnection, endpoint_ids: Collection[UUID], *, before: datetime, days: int
) -> set[UUID]:
    """Return which of these endpoints have had only failures since `before`, on so many days at least."""
    given = {"endpoint_ids": list(endpoint_ids), "before": before, "days": days}
    return set((await conn.execute(_LIST_FAILING, given)).scalars())
