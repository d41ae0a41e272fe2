"""Endpoints that do nothing but fail, and since when."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_END_STREAKS = text("DELETE FROM failure_streaks WHERE endpoint_id = ANY(CAST(:endpoints AS uuid[]))")
_BEGIN_STREAKS = text("""
    INSERT INTO failure_streaks (endpoint_id, since)
    SELECT endpoint_id, :at FROM unnest(CAST(:endpoints AS uuid[])) AS given(endpoint_id) ORDER BY endpoint_id
    ON CONFLICT DO NOTHING
""")
_FAILING_SINCE = text("""
    SELECT endpoint_id FROM failure_streaks WHERE endpoint_id = ANY(CAST(:endpoints AS uuid[])) AND since <= :before
""")


async def record(conn: AsyncConnection, succeeded: Collection[UUID], failed: Collection[UUID], *, at: datetime) -> None:
    """Note which endpoints took a letter, and which did not since now at the latest."""
    if succeeded:
        await conn.execute(_END_STREAKS, {"endpoints": sorted(succeeded)})
    if failed:
        await conn.execute(_BEGIN_STREAKS, {"endpoints": sorted(failed), "at": at})


async def list_failing_since(conn: AsyncConnection, endpoints: Collection[UUID], *, before: datetime) -> set[UUID]:
    """Answer which of these endpoints have done nothing but fail since that moment."""
    given = {"endpoints": list(endpoints), "before": before}
    return set((await conn.execute(_FAILING_SINCE, given)).scalars())
