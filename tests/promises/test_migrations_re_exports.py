"""The migration to previous documents: each line of a stored re-export certificate gets the one that it names."""

import json
from uuid import UUID

from services.cli.databases import Server, migrate, restrict_connections

PERMIT = """
    INSERT INTO permits (id, issuer, number, number_key, status, issued_on, valid_until, export_country, import_country,
        kind, purpose, content, registered_by, registering_country, endorsed, transport_documents, sequence, version)
    VALUES ($1, 'FR', $2, $2, 'issued', '2026-03-01', '2026-08-31', 'FR', 'DE', $3, 'T', $4, $1, 'FR', false, '[]', 1,
        1)
"""
LINE = """
    INSERT INTO permit_lines (permit_id, line, position, taxon, appendix, source, term, unit, granted, export_consented,
        import_consented, export_reserved, import_reserved, import_consumed, export_closed, import_closed)
    VALUES ($1, $2, 1, 'Python regius', 'II', 'W', 'SKI', 'number', 1, 0, 0, 0, 0, 0, false, false)
"""
LINES = (
    {"line": "A", "origin_country": "GH", "origin_permit": "GH/2020 7"},
    {"line": "B", "origin_country": "GH", "origin_permit": "GH 7", "last_export_certificate": "Re-1"},
    {"line": "C", "origin_country": "GH", "origin_permit": "pre-Convention"},
    {
        "line": "D", "origin_country": "GH", "origin_permit": "GH 7",
        "last_export_country": "KE", "last_export_certificate": "none",
    },
    {"line": "E", "last_export_country": "KE", "last_export_certificate": "KE 1"},
)  # fmt: skip


async def test_lines_of_stored_certificates_get_their_previous_document(server: Server, templates: str) -> None:
    name = f"{templates}permits_re_exports"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER permits_owner')
    await restrict_connections(admin, name, "permits")
    await admin.close()
    owner = server.url(name, "permits_owner", "test")
    migrate("permits", owner, "0019_customs_unions")
    conn = await server.connect_as_superuser(name)
    content = json.dumps({"export_country": "FR", "lines": LINES})
    for permit, kind in ((UUID(int=1), "re_export"), (UUID(int=2), "export")):
        await conn.execute(PERMIT, permit, f"fr-{permit.int}", kind, content)
        for one in LINES:
            await conn.execute(LINE, permit, one["line"])
    migrate("permits", owner)
    found = await conn.fetch("SELECT permit_id, previous_document FROM permit_lines ORDER BY permit_id, line")
    assert [row["previous_document"] for row in found if row["permit_id"] == UUID(int=1)] == [
        "GH gh-2020-7", "FR re-1", None, "GH gh-7", "KE ke-1"
    ]  # fmt: skip
    assert {row["previous_document"] for row in found if row["permit_id"] == UUID(int=2)} == {None}
    await conn.close()
