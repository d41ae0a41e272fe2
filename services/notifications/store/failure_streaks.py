"""Endpoints that do nothing but fail, and since when."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_WELL = text("DELETE FROM failing WHERE endpoint_id = ANY(CAST(:endpoints AS uuid[]))")
_ILL = text("""
    INSERT INTO failing (endpoint_id, since)
    SELECT endpoint_id, :at FROM unnest(CAST(:endpoints AS uuid[])) AS given(endpoint_id) ORDER BY endpoint_id
    ON CONFLICT DO NOTHING
""")
_TIRED = text("""
    SELECT endpoint_id FROM failing WHERE endpoint_id = ANY(CAST(:endpoints AS uuid[])) AND since <= :before
""")


async def note(conn: AsyncConnection, well: Collection[UUID], ill: Collection[UUID], *, at: datetime) -> None:
    """Note which endpoints took a letter, and which did not since now at the latest."""
    if well:
        await conn.execute(_WELL, {"endpoints": sorted(well)})
    if ill:
        await conn.execute(_ILL, {"endpoints": sorted(ill), "at": at})


async def since(conn: AsyncConnection, endpoints: Collection[UUID], *, before: datetime) -> set[UUID]:
    """Answer which of these endpoints have done nothing but fail since that moment."""
    given = {"endpoints": list(endpoints), "before": before}
    return set((await conn.execute(_TIRED, given)).scalars())
