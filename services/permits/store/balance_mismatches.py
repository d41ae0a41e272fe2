"""Lines whose balance differs from what their entries say: kept while they do, for a monitor to count."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import ledger_differences

Key = tuple[UUID, str]
Told = Mapping[str, str]


async def known(conn: AsyncConnection) -> set[Key]:
    """Answer the lines that are known to differ."""
    c = ledger_differences.c
    return {(row.permit_id, row.line) for row in await conn.execute(select(c.permit_id, c.line))}


async def count(conn: AsyncConnection) -> int:
    """Count the lines that are known to differ."""
    return int((await conn.execute(select(func.count()).select_from(ledger_differences))).scalar_one())


async def keep(conn: AsyncConnection, key: Key, kept: Told, entries_say: Told, at: datetime) -> None:
    """Keep that a line differs, and since when that was seen."""
    told = {"kept": dict(kept), "entries_say": dict(entries_say)}
    row = {"permit_id": key[0], "line": key[1], **told, "since": at}
    written = insert(ledger_differences).values(row)
    await conn.execute(written.on_conflict_do_update(index_elements=["permit_id", "line"], set_=told))


async def forget(conn: AsyncConnection, keys: Iterable[Key]) -> None:
    """Forget lines that agree again."""
    c = ledger_differences.c
    await conn.execute(delete(ledger_differences).where(tuple_(c.permit_id, c.line).in_(sorted(keys))))
