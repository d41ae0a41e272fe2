"""The gateway's migrations run down and up and match its tables. The runner lacks the rights it must not have."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server, migrate, require_no_drift


async def test_migrations_up_down_and_up_leave_no_drift(server: Server, templates: str) -> None:
    name = f"{templates}gateway_migrated"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER gateway_owner')
    owner = server.url(name, "gateway_owner", "test")
    try:
        for revision in ("head", "base", "head"):
            migrate("gateway", owner, revision)
        require_no_drift("gateway", owner)
        conn = await server.connect_as_superuser(name)
        left = await _tables(conn)
        await conn.close()
        assert "submissions" in left
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def _tables(conn: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    return [row[0] for row in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


HISTORY = (
    "DELETE FROM submissions",
    "UPDATE submissions SET body = ''",
    "UPDATE submissions SET received_at = now()",
    "DELETE FROM party_versions",
    "UPDATE party_versions SET version = 7",
    "UPDATE commands SET fingerprint = ''",
    "DELETE FROM commands",
    "DELETE FROM parties",
    "DELETE FROM credentials",
    "UPDATE credentials SET secret_sha256 = ''",
    "UPDATE credentials SET public_keys = '[]'",
    "UPDATE outbox_parties SET party = '{}'",
    "DELETE FROM mandates",
    "UPDATE mandates SET last_day = '2099-01-01'",
    "UPDATE used_assertions SET jti = ''",
    "DELETE FROM amendments",
    "UPDATE amendments SET body = ''",
)


async def test_runner_cannot_change_submissions(gateway_db: AsyncEngine) -> None:
    for statement in HISTORY:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with gateway_db.begin() as conn:
                await conn.execute(text(statement))
