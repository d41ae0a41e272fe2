"""The loads of reference data: their versions, who made them, what each reported; one at a time a list."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import permit_history, reference_loads

LOADING = 0x5A01B
"""The class of the advisory locks that let one load of a list happen at a time."""
NUMBERS = {"taxa": 1, "suspensions": 2, "quotas": 3}


async def begin(conn: AsyncConnection, which: str) -> int:
    """Wait until no other load of this list is under way, and answer the version that stands (0: none yet)."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(:class, :list)"), {"class": LOADING, "list": NUMBERS[which]})
    c = reference_loads.c
    found = (await conn.execute(select(func.max(c.version)).where(c.list == which))).scalar_one()
    return int(found or 0)


async def keep(
    conn: AsyncConnection, which: str, version: int, day: date, at: datetime, by: UUID | None, report: dict[str, Any]
) -> None:
    """Write what a load did."""
    row = {"list": which, "version": version, "holds_from": day, "own": by is None, "at": at, "by_party": by}
    await conn.execute(insert(reference_loads).values({**row, "report": json.loads(json.dumps(report))}))


async def state(conn: AsyncConnection) -> dict[str, tuple[int, bool]]:
    """Answer, for each list that was ever loaded, its version, and whether an administrator loaded it."""
    c = reference_loads.c
    query = select(c.list, func.max(c.version).label("version"), func.bool_or(~c.own).label("whole")).group_by(c.list)
    return {row.list: (row.version, row.whole) for row in await conn.execute(query)}


async def mark(conn: AsyncConnection) -> tuple[int, int]:
    """Answer how far loads and what became of permits have come; another answer says that something changed."""
    loaded = select(func.count()).select_from(reference_loads).scalar_subquery()
    became = select(func.coalesce(func.max(permit_history.c.id), 0)).scalar_subquery()
    row = (await conn.execute(select(loaded, became))).one()
    return int(row[0]), int(row[1])
