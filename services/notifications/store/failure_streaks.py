"""Failure streaks: the endpoints that have only failures, and the begin of each streak."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import failure_streaks
from shared.database import bulk_insert, column_arrays

_COLUMNS = ("endpoint_id", "since")
_c = failure_streaks.c
_IS_OF_ENDPOINTS = _c.endpoint_id == func.any(bindparam("endpoint_ids", type_=ARRAY(_c.endpoint_id.type)))
_END = delete(failure_streaks).where(_IS_OF_ENDPOINTS)
_BEGIN = bulk_insert(failure_streaks, _COLUMNS, suffix="ON CONFLICT DO NOTHING")
_LIST_FAILING_SINCE = select(_c.endpoint_id).where(_IS_OF_ENDPOINTS, _c.since <= bindparam("before"))


async def record(conn: AsyncConnection, succeeded: Collection[UUID], failed: Collection[UUID], *, at: datetime) -> None:
    """End the streaks of endpoints that received a delivery. Begin one at `at` for others that failed."""
    if succeeded:
        await conn.execute(_END, {"endpoint_ids": sorted(succeeded)})
    if failed:
        rows = [{"endpoint_id": endpoint_id, "since": at} for endpoint_id in sorted(failed)]
        await conn.execute(_BEGIN, column_arrays(rows, _COLUMNS))


async def end(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """End the streak of an endpoint that its owner resumes. Earlier failures do not count any more."""
    await conn.execute(_END, {"endpoint_ids": [endpoint_id]})


async def list_failing_since(conn: AsyncConnection, endpoint_ids: Collection[UUID], *, before: datetime) -> set[UUID]:
    """Return which of these endpoints have had only failures since `before`."""
    given = {"endpoint_ids": list(endpoint_ids), "before": before}
    return set((await conn.execute(_LIST_FAILING_SINCE, given)).scalars())
