"""The migration to persons finds the rotations that are still known, and every credential has a person after it."""

from datetime import UTC, datetime, timedelta

from services.cli.databases import Server, migrate
from shared.database import new_id
from tests.promises.test_migrations_identifiers import database_at

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


async def test_gateway_migration_keeps_the_person_of_a_rotated_credential(server: Server, templates: str) -> None:
    party, other = new_id(), new_id()
    async with database_at(server, f"{templates}persons", "gateway", "0003_comparison_keys") as (conn, owner):
        for party_id in (party, other):
            await conn.execute(
                "INSERT INTO parties (id, name, country, roles, identifiers, grants, disabled, version, revision)"
                " VALUES ($1, 'P', 'FR', '{authority}', '{}', '[]', false, 1, 1)",
                party_id,
            )
        rows = (("old", party, 7, 0), ("new", party, 7, 1), ("colleague", party, 8, 2), ("abroad", other, 7, 3))
        for client_id, party_id, revision, days in rows:
            await conn.execute(
                "INSERT INTO credentials (client_id, party_id, secret_sha256, made_at, revision)"
                " VALUES ($1, $2, '', $3, $4)",
                client_id,
                party_id,
                BEGIN + timedelta(days=days),
                revision,
            )
        migrate("gateway", owner, "head")
        found = {
            row["client_id"]: row["person"] for row in await conn.fetch("SELECT client_id, person FROM credentials")
        }
    assert found == {"old": "old", "new": "old", "colleague": "colleague", "abroad": "abroad"}
