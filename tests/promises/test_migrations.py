"""The migrations of each service have one head, run up and down, and match the tables in the code."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from services.cli.databases import ROOT, SERVICES, Server, migrate, require_no_drift, restrict_connections
from shared.migration_state import newest_migration


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_of_each_service_have_one_head(service: str) -> None:
    ini = Config(str(ROOT / "migrations" / "alembic.ini"), ini_section=service)
    script = ScriptDirectory.from_config(ini)
    assert len(script.get_heads()) == 1
    files = sorted(Path(script.versions).glob("[0-9]*.py"))
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert script.get_heads() == [newest_migration(service)], "readiness demands the last one"


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_up_down_and_up_leave_no_drift(server: Server, templates: str, service: str) -> None:
    name = f"{templates}{service}_turned"
    admin = await server.connect_as_superuser()
    try:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER {service}_owner')
        await restrict_connections(admin, name, service)
        owner = server.url(name, f"{service}_owner", "test")
        for revision in ("head", "base", "head"):
            migrate(service, owner, revision)
        require_no_drift(service, owner)
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@pytest.mark.parametrize(
    ("revision", "advice"), [("0003", "Start with an empty home folder"), ("0099_later", "Run the newer version")]
)
async def test_migrate_of_an_unknown_revision_is_refused_and_changes_nothing(
    server: Server, templates: str, revision: str, advice: str
) -> None:
    name = f"{templates}gateway_unknown"
    admin = await server.connect_as_superuser()
    try:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER gateway_owner')
        found = await server.connect_as_superuser(name)
        await found.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
        await found.execute("INSERT INTO alembic_version VALUES ($1)", revision)
        await found.execute("ALTER TABLE alembic_version OWNER TO gateway_owner")
        with pytest.raises(SystemExit, match=advice):
            migrate("gateway", server.url(name, "gateway_owner", "test"))
        tables = await found.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert [row["tablename"] for row in tables] == ["alembic_version"]
        assert await found.fetchval("SELECT version_num FROM alembic_version") == revision
        await found.close()
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_role_of_a_service_owns_nothing_and_enters_no_other_database(
    server: Server, templates: str, service: str
) -> None:
    admin = await server.connect_as_superuser(templates + service)
    runner = f"{service}_runner"
    owned = await admin.fetchval(
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = $1", runner
    )
    entered = {
        other
        for other in SERVICES
        if await admin.fetchval("SELECT has_database_privilege($1, $2, 'CONNECT')", runner, templates + other)
    }
    await admin.close()
    assert (owned, entered) == (0, {service})
