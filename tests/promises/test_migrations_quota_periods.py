"""The migration to quotas that apply every year: stored quotas keep their period, usage and last notice."""

from datetime import date
from uuid import UUID

from services.cli.databases import Server, migrate, restrict_connections

ANNOUNCED, QUIET = UUID(int=1), UUID(int=2)
QUOTA = """
    INSERT INTO quotas (id, key, country, taxon, taxon_key, terms, sources, purposes, unit, amount, starts, ends, note,
        digest, version, sequence, notice_level)
    VALUES ($1, $2, 'ZA', 'Naja naja', 'naja naja', '[]', '[]', '[]', 'number', 100, '2026-01-01', '2026-12-31', '',
        'd', 1, 3, $3)
"""
SUSPENSION = """
    INSERT INTO suspensions (id, key, country, taxon, taxon_key, terms, sources, purposes, applies_to_import, note,
        digest, since, version)
    VALUES ($1, 'k', 'ZA', '', '', '["SKI"]', '[]', '[]', false, '', 'd', '2026-01-01', 1)
"""


async def test_stored_quotas_and_suspensions_keep_their_meaning(server: Server, templates: str) -> None:
    name = f"{templates}permits_quotas"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER permits_owner')
    await restrict_connections(admin, name, "permits")
    await admin.close()
    owner = server.url(name, "permits_owner", "test")
    migrate("permits", owner, "0013_reconciliation_state")
    conn = await server.connect_as_superuser(name)
    await conn.execute(QUOTA, ANNOUNCED, "a", 80)
    await conn.execute(QUOTA, QUIET, "b", 0)
    await conn.execute(SUSPENSION, UUID(int=3))
    await conn.close()
    migrate("permits", owner)
    conn = await server.connect_as_superuser(name)
    assert {tuple(row) for row in await conn.fetch("SELECT id, period, ends, sequence FROM quotas")} == {
        (ANNOUNCED, "once", date(2026, 12, 31), 3),
        (QUIET, "once", date(2026, 12, 31), 3),
    }
    notices = await conn.fetch("SELECT quota_id, country, starts, notice_level FROM quota_notices")
    assert [tuple(row) for row in notices] == [(ANNOUNCED, "ZA", date(2026, 1, 1), 80)]
    assert await conn.fetchval("SELECT codes_reading FROM suspensions") == "covered"
    await conn.close()
