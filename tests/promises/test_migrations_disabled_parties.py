"""The migrations for disabled parties send each of them to notifications again, which accepts its present version."""

from services.cli.databases import Server, migrate
from shared.database import new_id
from tests.promises.test_migrations_identifiers import database_at


async def test_gateway_migration_sends_the_present_version_of_disabled_parties(server: Server, templates: str) -> None:
    disabled, enabled = new_id(), new_id()
    async with database_at(server, f"{templates}disabled", "gateway", "0005_restored_submissions") as (conn, owner):
        for party_id, is_disabled in ((disabled, True), (enabled, False)):
            await conn.execute(
                "INSERT INTO parties (id, name, country, roles, identifiers, grants, disabled, version, revision)"
                " VALUES ($1, 'P', 'FR', '{trader}', '{}', '[]', $2, 2, 1)",
                party_id,
                is_disabled,
            )
            for version in (1, 2):
                await conn.execute(
                    "INSERT INTO party_versions (party_id, version, party, at)"
                    " VALUES ($1, $2, jsonb_build_object('version', $2::int), now())",
                    party_id,
                    version,
                )
        migrate("gateway", owner, "head")
        rows = await conn.fetch("SELECT destination, party->>'version' AS version, settled_at FROM outbox_parties")
    assert [tuple(row) for row in rows] == [("notifications", "2", None)]


async def test_notifications_migration_lets_a_disabled_party_be_stored_again(server: Server, templates: str) -> None:
    name = f"{templates}disabled_copies"
    async with database_at(server, name, "notifications", "0005_withdrawals_overtake") as (conn, owner):
        for is_disabled in (True, False):
            await conn.execute(
                "INSERT INTO parties (id, version, disabled, updated_at) VALUES ($1, 4, $2, now())",
                new_id(),
                is_disabled,
            )
        migrate("notifications", owner, "head")
        found = {row["disabled"]: row["version"] for row in await conn.fetch("SELECT disabled, version FROM parties")}
    assert found == {True: 0, False: 4}
