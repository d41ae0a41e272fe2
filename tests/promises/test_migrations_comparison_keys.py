"""The migration to keys of numbers: rows of before get their keys, and two rows with one key do not stop it."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.cli.databases import Server, migrate, restrict_connections

FIRST, SECOND, THIRD = (UUID(int=n) for n in (1, 2, 3))
PERMIT = """
    INSERT INTO permits (id, issuer, number, status, issued_on, valid_until, export_country, import_country, kind,
        purpose, content, registered_by, registering_country, endorsed, transport_documents, sequence, version)
    VALUES ($1, $2, $3, 'issued', '2026-03-01', '2026-08-31', 'ZA', 'FR', 'export', 'T', '{}', $1, 'ZA', false, '[]', 1,
        1)
"""
DECLARATION = """
    INSERT INTO declarations (id, party_id, trader_id, trader_name, trader_country, reference, movement, status,
        export_country, import_country, content, findings, search_words, digest, received_at, sequence, version)
    VALUES ($1, $2, $2, 'B', 'FR', $3, 'import', 'accepted', 'ZA', 'FR', '{"items": []}', '[]', $4, '', now(), 1, 1)
"""
SUBMISSION = """
    INSERT INTO submissions (id, party_id, trader_id, key, reference, content_type, digest, body, party, received_at,
        due_at)
    VALUES ($1, $2, $2, $3, $3, 'application/json', '', '', '{}', now(), now())
"""


async def _migrated(server: Server, name: str, service: str, before: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows into a new database as it was before the migration, then migrate it."""
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER {service}_owner')
    await restrict_connections(admin, name, service)
    await admin.close()
    owner = server.url(name, f"{service}_owner", "test")
    migrate(service, owner, before)
    conn = await server.connect_as_superuser(name)
    for query, *values in rows:
        await conn.execute(query, *values)
    await conn.close()
    migrate(service, owner)


async def test_permits_and_declarations_of_before_get_their_keys(server: Server, templates: str) -> None:
    name, words = f"{templates}permits_keyed", json.dumps(["taxon:a", "permit:KE/2026 1", "permit:ke-2026-1"])
    await _migrated(server, name, "permits", "0004_open_applications", [
        (PERMIT, FIRST, "KE", "KE/2026 1"), (PERMIT, SECOND, "KE", "ke-2026-1"), (PERMIT, THIRD, "ZA", "KE-2026-1"),
        (DECLARATION, FIRST, THIRD, "Ref 1", words), (DECLARATION, SECOND, THIRD, "REF-1", "[]"),
        (DECLARATION, THIRD, FIRST, "ref/1", "[]"),
    ])  # fmt: skip
    conn = await server.connect_as_superuser(name)
    keys = await conn.fetch("SELECT number, number_key FROM permits ORDER BY id")
    assert [tuple(row) for row in keys] == [
        ("KE/2026 1", "ke-2026-1"), ("ke-2026-1", f"ke-2026-1 {SECOND}"), ("KE-2026-1", "ke-2026-1")
    ]  # fmt: skip
    references = await conn.fetch("SELECT reference_key, search_words FROM declarations ORDER BY id")
    assert [row["reference_key"] for row in references] == ["ref-1", f"ref-1 {SECOND}", "ref-1"]
    assert json.loads(references[0]["search_words"]) == ["taxon:a", "permit:ke-2026-1"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute("UPDATE permits SET number_key = 'ke-2026-1' WHERE id = $1", SECOND)
    await conn.close()


async def test_submissions_of_before_get_their_keys(server: Server, templates: str) -> None:
    name = f"{templates}gateway_keyed"
    await _migrated(server, name, "gateway", "0002_identifiers_by_country", [
        (SUBMISSION, FIRST, THIRD, "Ref 1"), (SUBMISSION, SECOND, THIRD, "REF-1"), (SUBMISSION, THIRD, FIRST, "ref/1"),
    ])  # fmt: skip
    conn = await server.connect_as_superuser(name)
    keys = await conn.fetch("SELECT reference_key FROM submissions ORDER BY id")
    assert [row["reference_key"] for row in keys] == ["ref-1", f"ref-1 {SECOND}", "ref-1"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute("UPDATE submissions SET reference_key = 'ref-1' WHERE id = $1", SECOND)
    await conn.close()
