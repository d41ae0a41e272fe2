"""Permit lines whose balance differs from their ledger entries. They are stored as long as they differ."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import balance_mismatches

Key = tuple[UUID, str]
BalanceValues = Mapping[str, str]


async def list_known(conn: AsyncConnection) -> set[Key]:
    """Return the lines that are stored as different."""
    c = balance_mismatches.c
    return {(row.permit_id, row.line) for row in await conn.execute(select(c.permit_id, c.line))}


async def count(conn: AsyncConnection) -> int:
    """Count the lines that are stored as different."""
    return int((await conn.execute(select(func.count()).select_from(balance_mismatches))).scalar_one())


async def upsert(conn: AsyncConnection, key: Key, stored: BalanceValues, computed: BalanceValues, at: datetime) -> None:
    """Store the mismatch of a line. The time of the first one stays."""
    values = {"stored": dict(stored), "computed": dict(computed)}
    row = {"permit_id": key[0], "line": key[1], **values, "since": at}
    statement = insert(balance_mismatches).values(row)
    await conn.execute(statement.on_conflict_do_update(index_elements=["permit_id", "line"], set_=values))


async def delete_resolved(conn: AsyncConnection, keys: Iterable[Key]) -> None:
    """Delete lines that agree again."""
    c = balance_mismatches.c
    await conn.execute(delete(balance_mismatches).where(tuple_(c.permit_id, c.line).in_(sorted(keys))))
