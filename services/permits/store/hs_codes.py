"""Loaded HS codes in force on a day, and those that the check of some declarations needs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import hs_codes
from shared.cites.hs_codes import HsConcern, HsRow


async def list_hs_codes_in_force(conn: AsyncConnection, country: str | None, day: date) -> Sequence[HsRow]:
    """List the loaded HS codes in force on a day. With a country: its own and those of all countries."""
    c = hs_codes.c
    query = select(hs_codes).where(c.since <= day, or_(c.until.is_(None), c.until > day))
    if country is not None:
        query = query.where(c.country.in_((country, "")))
    rows = await conn.execute(query.order_by(c.hs_code, c.country))
    return [hs_row(dict(row)) for row in rows.mappings()]


def hs_row(row: dict[str, Any]) -> HsRow:
    """Return a row of the table as the domain reads it."""
    return HsRow(
        country=row["country"],
        code=row["hs_code"],
        concern=HsConcern(row["concern"]),
        reason=row["reason"],
        since=row["since"],
        until=row["until"] or date.max,
    )
