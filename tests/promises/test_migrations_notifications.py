"""The migrations of notifications: down and up again, no drift, and the grants of the service."""

from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server, migrate, require_no_drift

_names = count(1)


async def test_migrations_up_down_and_up_leave_no_drift(server: Server, templates: str) -> None:
    name = f"{templates}notifications_migrated_{next(_names)}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER notifications_owner')
    owner = server.url(name, "notifications_owner", "test")
    try:
        for revision in ("head", "base", "head"):
            migrate("notifications", owner, revision)
        require_no_drift("notifications", owner)
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


HISTORY = (
    "DELETE FROM events",
    "UPDATE events SET body = ''",
    "UPDATE events SET received_at = now()",
    "UPDATE feed_entries SET position = 1",
    "DELETE FROM feed_entries",
    "UPDATE acknowledgements SET outcome = 'accepted'",
    "DELETE FROM acknowledgements",
    "DELETE FROM endpoints",
    "UPDATE endpoints SET party_id = id",
    "DELETE FROM endpoint_secrets",
    "DELETE FROM deliveries",
    "UPDATE deliveries SET position = 1",
    "UPDATE attempts SET status = 200",
    "DELETE FROM attempts",
    "UPDATE commands SET fingerprint = ''",
    "DELETE FROM commands",
    "INSERT INTO feed_counter (one, position) VALUES (false, 0)",
    "DELETE FROM feed_counter",
)


async def test_runner_cannot_change_history(notifications_db: AsyncEngine) -> None:
    for statement in HISTORY:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with notifications_db.begin() as conn:
                await conn.execute(text(statement))
