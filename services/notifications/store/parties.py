"""Copies of the gateway's parties: kept by version, with the audience keys and grants they are found by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import audience_keys
from shared.database import bulk_insert, column_arrays

_UPSERT_NEWER = text("""
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
_DELETE_KEYS_AND_GRANTS = [
    text(f"DELETE FROM {table} WHERE party_id = ANY(CAST(:ids AS uuid[]))")  # noqa: S608
    for table in ("audience_keys", "grants")
]
_INSERT_AUDIENCE_KEYS = bulk_insert(audience_keys, ("audience_key", "party_id"))
_INSERT_GRANTS = text("""
    INSERT INTO grants (party_id, number, country, patterns)
    SELECT party_id, number, country, string_to_array(patterns, ' ')
    FROM unnest(CAST(:party_id AS uuid[]), CAST(:number AS smallint[]), CAST(:country AS text[]),
                CAST(:patterns AS text[])) AS given(party_id, number, country, patterns)
""")


async def upsert_newer(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> set[UUID]:
    """Keep parties (id, version, disabled; each once) that are newer than the copy; answers which were."""
    given = column_arrays(rows, ["id", "version", "disabled"])
    return set((await conn.execute(_UPSERT_NEWER, {**given, "at": at})).scalars())


async def replace_keys_and_grants(
    conn: AsyncConnection,
    ids: Sequence[UUID],
    audience_key_rows: Sequence[dict[str, Any]],
    grant_rows: Sequence[dict[str, Any]],
) -> None:
    """Replace the audience keys (audience_key, party_id) and grants (party_id, number, country, patterns)."""
    for delete in _DELETE_KEYS_AND_GRANTS:
        await conn.execute(delete, {"ids": list(ids)})
    if audience_key_rows:
        await conn.execute(_INSERT_AUDIENCE_KEYS, column_arrays(audience_key_rows, ["audience_key", "party_id"]))
    if grant_rows:
        await conn.execute(_INSERT_GRANTS, column_arrays(grant_rows, ["party_id", "number", "country", "patterns"]))
