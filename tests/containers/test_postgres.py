"""A PostgreSQL server in a container: its database is created, migrated and accepted by a service."""

from services.cli.databases import create_database, migrate
from shared.startup_checks import database_faults
from tests.containers.docker_engine import needs_engine
from tests.containers.postgres import in_container

PASSWORDS = {"permits_owner": "one", "permits_runner": "two"}


@needs_engine
async def test_database_in_container_has_no_fault_after_migration() -> None:
    with in_container() as server:
        await create_database(server, "permits", "permits", PASSWORDS)
        runner = server.url("permits", "permits_runner", "two")
        assert any("saola migrate" in fault for fault in await database_faults(runner, "permits"))
        migrate("permits", server.url("permits", "permits_owner", "one"))
        assert await database_faults(runner, "permits") == []
