"""The loads of reference data: version, actor and report of each. A list has one load at a time."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.from_row import Row
from services.permits.store.tables import hs_codes, permit_history, quotas, reference_loads, suspensions, taxa

LOAD_LOCK_CLASS = 0x5A01B
"""The class of the advisory locks, one per list, that allow one load of a list at a time."""
LIST_LOCK_NUMBERS = {"taxa": 1, "suspensions": 2, "quotas": 3, "hs-codes": 4}


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


async def list_states(conn: AsyncConnection) -> Sequence[Row]:
    """Return each list with its last load and the count of its rows without a last day; a list without load too."""
    load = reference_loads.c
    last = select(reference_loads).ext(distinct_on(load.list)).order_by(load.list, load.version.desc()).subquery()
    counts = union_all(
        *(
            select(literal(name).label("list"), func.count().label("rows")).select_from(table).where(end.is_(None))
            for name, table, end in (
                ("taxa", taxa, taxa.c.until),
                ("suspensions", suspensions, suspensions.c.until),
                ("quotas", quotas, quotas.c.ended_on),
                ("hs-codes", hs_codes, hs_codes.c.until),
            )
        )
    ).subquery()
    query = select(
        counts.c.list, counts.c.rows, last.c.version, last.c.built_in, last.c.at, last.c.holds_from
    ).outerjoin(last, last.c.list == counts.c.list)
    rows = {row["list"]: row for row in (await conn.execute(query)).mappings()}
    return [rows[name] for name in LIST_LOCK_NUMBERS]


async def list_loads_of_taxa(conn: AsyncConnection, versions: Collection[int]) -> dict[int, Row]:
    """Return time and first day of some loads of taxa, by version."""
    c = reference_loads.c
    query = select(c.version, c.at, c.holds_from).where(c.list == "taxa", c.version.in_(versions))
    return {row["version"]: row for row in (await conn.execute(query)).mappings()}


async def read_last_load_of_taxa(conn: AsyncConnection) -> Row:
    """Return the last load of taxa. Each hub has one: that of the first listing."""
    c = reference_loads.c
    query = select(c.built_in, c.at, c.holds_from).where(c.list == "taxa").order_by(c.version.desc()).limit(1)
    return (await conn.execute(query)).mappings().one()


async def read_change_mark(conn: AsyncConnection) -> tuple[int, int]:
    """Return the count of loads and the id of the last permit event. They change with reference data and permits."""
    load_count = select(func.count()).select_from(reference_loads).scalar_subquery()
    last_permit_event = select(func.coalesce(func.max(permit_history.c.id), 0)).scalar_subquery()
    query = select(load_count.label("load_count"), last_permit_event.label("last_permit_event"))
    row = (await conn.execute(query)).one()
    return int(row.load_count), int(row.last_permit_event)
