"""The migration that counts findings which are not stored: it reads the number from the finding that counts them."""

import json
from uuid import UUID

import pytest

from services.cli.databases import Server, migrate, restrict_connections

DECLARATION = """
    INSERT INTO declarations (id, party_id, trader_id, trader_name, trader_country, reference, reference_key, movement,
        status, export_country, import_country, content, findings, search_words, digest, received_at, sequence, version)
    VALUES ($1, $1, $1, 'B', 'FR', 'R', 'r', 'import', 'referred', 'ZA', 'FR', '{"items": []}', $2, '[]', 'd', now(),
        9, 1)
"""
OTHER = {"rule": "CITES-box-11-quantity", "severity": "block", "found": "7 number"}


@pytest.mark.parametrize(
    ("rule", "severity"), [("findings-omitted", "refer"), ("notes-omitted", "note")], ids=["findings", "notes"]
)
async def test_omitted_findings_of_before_are_counted(server: Server, templates: str, rule: str, severity: str) -> None:
    name = f"{templates}permits_{severity}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER permits_owner')
    await restrict_connections(admin, name, "permits")
    await admin.close()
    owner = server.url(name, "permits_owner", "test")
    migrate("permits", owner, "0010_changed_columns")
    counting = {"rule": rule, "severity": severity, "found": "312 more"}
    conn = await server.connect_as_superuser(name)
    await conn.execute(DECLARATION, UUID(int=1), json.dumps([OTHER, counting]))
    await conn.execute(DECLARATION, UUID(int=2), json.dumps([OTHER]))
    await conn.close()
    migrate("permits", owner)
    conn = await server.connect_as_superuser(name)
    rows = await conn.fetch("SELECT findings_omitted FROM declarations ORDER BY id")
    await conn.close()
    assert [row["findings_omitted"] for row in rows] == [312, 0]
