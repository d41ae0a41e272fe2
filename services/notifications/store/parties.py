"""Copies of the gateway's parties, by version, with their audience keys and grants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import audience_keys, grants, parties
from shared.database import bulk_insert, column_arrays, id_in

_PARTY_COLUMNS = ("id", "version", "disabled", "updated_at")
_AUDIENCE_KEY_COLUMNS = ("audience_key", "party_id")
_GRANT_COLUMNS = ("party_id", "number", "country", "patterns")
_ON_PARTY_CONFLICT = """ON CONFLICT (id) DO UPDATE
SET version = excluded.version, disabled = excluded.disabled, updated_at = excluded.updated_at
WHERE parties.version < excluded.version
RETURNING id"""
_UPSERT_NEWER = bulk_insert(parties, _PARTY_COLUMNS, suffix=_ON_PARTY_CONFLICT)
_INSERT_AUDIENCE_KEYS = bulk_insert(audience_keys, _AUDIENCE_KEY_COLUMNS)
# Raw: the patterns of a row are an array, and `unnest`, which `bulk_insert` uses, would flatten an array of arrays.
_INSERT_GRANTS = text("""
    INSERT INTO grants (party_id, number, country, patterns)
    SELECT party_id, number, country, string_to_array(patterns, ' ')
    FROM unnest(CAST(:party_id AS uuid[]), CAST(:number AS smallint[]), CAST(:country AS text[]),
                CAST(:patterns AS text[])) AS given(party_id, number, country, patterns)
""")


async def upsert_newer(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> set[UUID]:
    """Write the parties (id, version, disabled; each once) that are newer than their copies. Return their ids.

    The rows are locked in the order of their ids.
    """
    stamped = [{**row, "updated_at": at} for row in sorted(rows, key=lambda row: row["id"])]
    return set((await conn.execute(_UPSERT_NEWER, column_arrays(stamped, _PARTY_COLUMNS))).scalars())


async def replace_keys_and_grants(
    conn: AsyncConnection,
    party_ids: Sequence[UUID],
    audience_key_rows: Sequence[dict[str, Any]],
    grant_rows: Sequence[dict[str, Any]],
) -> None:
    """Replace the audience keys (audience_key, party_id) and grants (party_id, number, country, patterns).

    The patterns of a grant are one text, separated by blanks.
    """
    for table in (audience_keys, grants):
        await conn.execute(delete(table).where(id_in(table.c.party_id, party_ids)))
    if audience_key_rows:
        await conn.execute(_INSERT_AUDIENCE_KEYS, column_arrays(audience_key_rows, _AUDIENCE_KEY_COLUMNS))
    if grant_rows:
        await conn.execute(_INSERT_GRANTS, column_arrays(grant_rows, _GRANT_COLUMNS))


async def list_versions(conn: AsyncConnection, *, after: UUID | None, limit: int) -> list[tuple[UUID, int]]:
    """List the ids and versions of parties after an id, in the order of ids."""
    c = parties.c
    query = select(c.id, c.version).order_by(c.id).limit(limit)
    rows = await conn.execute(query if after is None else query.where(c.id > after))
    return [(row.id, row.version) for row in rows]
