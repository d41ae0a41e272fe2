"""The migration to amended versions: the last amendment of each declaration gets its version."""

from uuid import UUID

from services.cli.databases import Server, migrate, restrict_connections

AMENDED, CORRECTED, UNCHANGED = (UUID(int=number) for number in (1, 2, 3))
DECLARATION = """
    INSERT INTO declarations (id, party_id, trader_id, trader_name, trader_country, reference, reference_key, movement,
        status, export_country, import_country, content, findings, search_words, digest, received_at, sequence, version)
    VALUES ($1, $1, $1, 'B', 'FR', 'R', 'r', 'import', 'accepted', 'ZA', 'FR', '{"items": []}', '[]', '[]', $2, now(),
        9, $3)
"""
HISTORY = """
    INSERT INTO declaration_history (declaration_id, sequence, event, to_status, at, actor_role)
    VALUES ($1, $2, $3, 'received', now(), 'trader')
"""


async def test_last_amendment_of_before_gets_its_version(server: Server, templates: str) -> None:
    name = f"{templates}permits_amended"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER permits_owner')
    await restrict_connections(admin, name, "permits")
    await admin.close()
    owner = server.url(name, "permits_owner", "test")
    migrate("permits", owner, "0006_permit_proposals")
    conn = await server.connect_as_superuser(name)
    for declaration, digest, version in ((AMENDED, "third", 3), (CORRECTED, "second", 3), (UNCHANGED, "first", 1)):
        await conn.execute(DECLARATION, declaration, digest, version)
    for declaration, sequence, event in (
        (AMENDED, 1, "declaration.amended"),
        (AMENDED, 2, "declaration.amended"),
        (CORRECTED, 1, "declaration.amended"),
        (CORRECTED, 2, "declaration.corrected"),
        (UNCHANGED, 1, "declaration.received"),
    ):
        await conn.execute(HISTORY, declaration, sequence, event)
    await conn.close()
    migrate("permits", owner)
    conn = await server.connect_as_superuser(name)
    rows = await conn.fetch("SELECT declaration_id, version, command_id, digest FROM amended_versions ORDER BY 1")
    assert [tuple(row) for row in rows] == [(AMENDED, 3, None, "third"), (CORRECTED, 2, None, "second")]
    await conn.close()
