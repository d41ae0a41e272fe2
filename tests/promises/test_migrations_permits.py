"""The runner of permits can add to history and ledger. It cannot change or delete what they hold."""

import pytest

from services.cli.databases import Server

APPEND_ONLY_TABLES = (
    "amended_versions",
    "application_history",
    "declaration_history",
    "ledger",
    "lost_messages",
    "permit_history",
    "permit_proposals",
    "permit_watchers",
    "policy_history",
    "quota_amounts",
    "quota_usage",
    "reference_loads",
    "taxon_names",
)
TABLES_WITH_DELETE = {"balance_mismatches", "citations", "second_use_alerts"}


async def tables_with_privilege(server: Server, database: str, privileges: str) -> set[str]:
    """Return the tables on which the runner holds one of these privileges, on the table or on one of its columns."""
    admin = await server.connect_as_superuser(database)
    try:
        rows = await admin.fetch(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
            " AND (has_table_privilege('permits_runner', c.oid, $1)"
            "      OR ($1 = 'UPDATE' AND has_any_column_privilege('permits_runner', c.oid, 'UPDATE')))",
            privileges,
        )
    finally:
        await admin.close()
    return {row["relname"] for row in rows}


@pytest.mark.parametrize("table", APPEND_ONLY_TABLES)
async def test_runner_adds_rows_but_never_updates_them(server: Server, templates: str, table: str) -> None:
    database = f"{templates}permits"
    assert table in await tables_with_privilege(server, database, "INSERT")
    assert table not in await tables_with_privilege(server, database, "UPDATE")


async def test_runner_deletes_only_what_is_not_a_record(server: Server, templates: str) -> None:
    database = f"{templates}permits"
    assert await tables_with_privilege(server, database, "DELETE") == TABLES_WITH_DELETE
    assert await tables_with_privilege(server, database, "TRUNCATE") == set()


async def test_runner_cannot_change_the_migration_state(server: Server, templates: str) -> None:
    database = f"{templates}permits"
    assert "alembic_version" in await tables_with_privilege(server, database, "SELECT")
    assert "alembic_version" not in await tables_with_privilege(server, database, "INSERT, UPDATE, DELETE")
