"""The loads of reference data: version, actor and report of each. A list has one load at a time."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import permit_history, reference_loads

LOAD_LOCK_CLASS = 0x5A01B
"""The class of the advisory locks, one per list, that allow one load of a list at a time."""
LIST_LOCK_NUMBERS = {"taxa": 1, "suspensions": 2, "quotas": 3}


async def lock_list(conn: AsyncConnection, list_name: str) -> int:
    """Lock a list, after any other load of it. Return its current version (0 before the first load)."""
    await conn.execute(select(func.pg_advisory_xact_lock(LOAD_LOCK_CLASS, LIST_LOCK_NUMBERS[list_name])))
    c = reference_loads.c
    version = (await conn.execute(select(func.max(c.version)).where(c.list == list_name))).scalar_one()
    return int(version or 0)


async def insert_load(
    conn: AsyncConnection,
    list_name: str,
    version: int,
    holds_from: date,
    at: datetime,
    loaded_by: UUID | None,
    report: dict[str, Any],
) -> None:
    """Store a load with its report."""
    row = {
        "list": list_name,
        "version": version,
        "holds_from": holds_from,
        "built_in": loaded_by is None,
        "at": at,
        "actor_party_id": loaded_by,
    }
    await conn.execute(insert(reference_loads).values({**row, "report": json.loads(json.dumps(report))}))


async def read_change_mark(conn: AsyncConnection) -> tuple[int, int]:
    """Return the count of loads and the id of the last permit event. They change with reference data and permits."""
    load_count = select(func.count()).select_from(reference_loads).scalar_subquery()
    last_permit_event = select(func.coalesce(func.max(permit_history.c.id), 0)).scalar_subquery()
    query = select(load_count.label("load_count"), last_permit_event.label("last_permit_event"))
    row = (await conn.execute(query)).one()
    return int(row.load_count), int(row.last_permit_event)
