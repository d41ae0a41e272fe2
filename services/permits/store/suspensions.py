"""Suspensions of trade in force on a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.from_row import Row
from services.permits.store.tables import suspensions


async def list_suspensions_in_force(conn: AsyncConnection, country: str | None, day: date) -> Sequence[Row]:
    """List the suspensions in force on a day. With a country: its own and those of all countries."""
    c = suspensions.c
    query = (
        select(suspensions)
        .where(c.since <= day, or_(c.until.is_(None), c.until > day))
        .where(or_(c.starts.is_(None), c.starts <= day), or_(c.ends.is_(None), c.ends >= day))
        .order_by(c.country, c.taxon_key, c.starts, c.id)
    )
    if country is not None:
        query = query.where(c.country.in_((country, "")))
    return (await conn.execute(query)).mappings().all()
