"""Copies of the gateway's parties: kept by version, with the marks and grants they are found by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import marks
from shared.database import columns, many

_KEEP = text("""
    INSERT INTO parties (id, version, disabled, updated_at)
    SELECT id, version, disabled, :at
    FROM unnest(CAST(:id AS uuid[]), CAST(:version AS integer[]), CAST(:disabled AS boolean[]))
         AS given(id, version, disabled)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE
        SET version = excluded.version, disabled = excluded.disabled, updated_at = excluded.updated_at
        WHERE parties.version < excluded.version
    RETURNING id
""")
_FORGET = [text(f"DELETE FROM {table} WHERE party_id = ANY(CAST(:ids AS uuid[]))") for table in ("marks", "grants")]  # noqa: S608
_MARK = many(marks, ("mark", "party_id"))
_GRANT = text("""
    INSERT INTO grants (party_id, number, country, patterns)
    SELECT party_id, number, country, string_to_array(patterns, ' ')
    FROM unnest(CAST(:party_id AS uuid[]), CAST(:number AS smallint[]), CAST(:country AS text[]),
                CAST(:patterns AS text[])) AS given(party_id, number, country, patterns)
""")


async def keep(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> set[UUID]:
    """Keep parties (id, version, disabled; each once) that are newer than the copy; answers which were."""
    given = columns(rows, ["id", "version", "disabled"])
    return set((await conn.execute(_KEEP, {**given, "at": at})).scalars())


async def find_by(
    conn: AsyncConnection,
    ids: Sequence[UUID],
    marked: Sequence[dict[str, Any]],
    granted: Sequence[dict[str, Any]],
) -> None:
    """Replace the marks (mark, party_id) and grants (party_id, number, country, patterns) of these parties."""
    for forget in _FORGET:
        await conn.execute(forget, {"ids": list(ids)})
    if marked:
        await conn.execute(_MARK, columns(marked, ["mark", "party_id"]))
    if granted:
        await conn.execute(_GRANT, columns(granted, ["party_id", "number", "country", "patterns"]))
