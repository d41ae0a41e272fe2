"""Lines whose balance differs from what their entries say: kept while they do, for a monitor to count."""

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
    """Answer the lines that are known to differ."""
    c = balance_mismatches.c
    return {(row.permit_id, row.line) for row in await conn.execute(select(c.permit_id, c.line))}


async def count(conn: AsyncConnection) -> int:
    """Count the lines that are known to differ."""
    return int((await conn.execute(select(func.count()).select_from(balance_mismatches))).scalar_one())


async def upsert(conn: AsyncConnection, key: Key, stored: BalanceValues, computed: BalanceValues, at: datetime) -> None:
    """Keep that a line differs, and since when that was seen."""
    values = {"stored": dict(stored), "computed": dict(computed)}
    row = {"permit_id": key[0], "line": key[1], **values, "since": at}
    statement = insert(balance_mismatches).values(row)
    await conn.execute(statement.on_conflict_do_update(index_elements=["permit_id", "line"], set_=values))


async def delete_resolved(conn: AsyncConnection, keys: Iterable[Key]) -> None:
    """Forget lines that agree again."""
    c = balance_mismatches.c
    await conn.execute(delete(balance_mismatches).where(tuple_(c.permit_id, c.line).in_(sorted(keys))))
