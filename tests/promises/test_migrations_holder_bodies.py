"""The migration to bodies for holders: stored alerts hide the declaration, other events have one body."""

import json
from uuid import UUID

from services.cli.databases import Server, migrate, restrict_connections

ALERT, USE = UUID(int=1), UUID(int=2)
EVENT = """
    INSERT INTO events (id, type, matching_patterns, subject, sequence, at, received_at, body, audience)
    VALUES ($1, $2, '{}', 'permit:1', $3, now(), now(), $4, '{}')
"""
BODY = {"id": "1", "data": {"declaration_id": "7", "reference": "B-1", "attempts": [{}, {}], "attempts_omitted": 3}}


async def test_stored_alert_gets_a_body_that_hides_the_declaration(server: Server, templates: str) -> None:
    name = f"{templates}notifications_holder_bodies"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER notifications_owner')
    await restrict_connections(admin, name, "notifications")
    await admin.close()
    owner = server.url(name, "notifications_owner", "test")
    migrate("notifications", owner, "0006_disabled_parties")
    conn = await server.connect_as_superuser(name)
    await conn.execute(EVENT, ALERT, "permit.second_use_attempted", 1, json.dumps(BODY))
    await conn.execute(EVENT, USE, "permit.used", 2, json.dumps(BODY))
    await conn.close()
    migrate("notifications", owner)
    conn = await server.connect_as_superuser(name)
    rows = {row["id"]: row["holder_body"] for row in await conn.fetch("SELECT id, holder_body FROM events")}
    await conn.close()
    hidden: dict[str, object] = {"declaration_id": None, "reference": None, "attempts": [], "attempt_count": 5}
    assert (json.loads(rows[ALERT]), rows[USE]) == ({"id": "1", "data": hidden}, None)
