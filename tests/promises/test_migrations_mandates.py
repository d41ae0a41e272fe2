"""The migrations of mandates accept the mandates that are there, and send all of them to the other services."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.cli.databases import Server, migrate
from shared.contracts.messages import MandateCopy
from shared.database import new_id
from tests.promises.test_migrations_identifiers import database_at


async def test_gateway_migrations_accept_and_send_the_mandates_of_before(server: Server, templates: str) -> None:
    trader, agent, kept, revoked, at = new_id(), new_id(), new_id(), new_id(), datetime(2026, 3, 1, tzinfo=UTC)
    async with database_at(server, f"{templates}mandates", "gateway", "0006_disabled_parties") as (conn, owner):
        for party_id in (trader, agent):
            await conn.execute(
                "INSERT INTO parties (id, name, country, roles, identifiers, grants, disabled, version, revision)"
                " VALUES ($1, 'P', 'FR', '{trader}', '{}', '[]', false, 1, 1)",
                party_id,
            )
        for mandate_id, revoked_at in ((kept, None), (revoked, at)):
            await conn.execute(
                "INSERT INTO mandates (id, trader_id, agent_id, first_day, last_day, granted_at, granted_by,"
                " revoked_at, revision) VALUES ($1, $2, $3, '2026-03-01', '2026-03-31', $4, $2, $5, 7)",
                mandate_id,
                trader,
                agent,
                at,
                revoked_at,
            )
        migrate("gateway", owner, "head")
        assert {row["accepted_at"] for row in await conn.fetch("SELECT accepted_at FROM mandates")} == {at}
        rows = await conn.fetch("SELECT destination, mandate FROM outbox_mandates ORDER BY destination")
    sent = [json.loads(row["mandate"]) for row in rows]
    assert [row["destination"] for row in rows] == ["notifications"] * 2 + ["permits"] * 2
    copies = {copy.id: copy for copy in map(MandateCopy.model_validate, sent)}
    assert {mandate_id: copy.active for mandate_id, copy in copies.items()} == {kept: True, revoked: False}
    assert {(copy.trader, copy.agent, copy.revision) for copy in copies.values()} == {(trader, agent, 7)}


async def test_permits_migration_names_the_trader_for_whom_an_agent_cited_a_permit(
    server: Server, templates: str
) -> None:
    async with database_at(server, f"{templates}watchers", "permits", "0008_reconciliation") as (conn, owner):
        permit, declaration, agent, trader, reader = (new_id() for _ in range(5))
        await conn.execute("SET session_replication_role = replica")
        for table, values in (
            ("permits", {"id": permit}),
            ("declarations", {"id": declaration, "party_id": agent, "trader_id": trader}),
            ("citations", {"permit_id": permit, "declaration_id": declaration}),
            *(("permit_watchers", {"permit_id": permit, "party_id": one}) for one in (agent, trader, reader)),
        ):
            await _insert(conn, table, values)
        migrate("permits", owner, "head")
        rows = await conn.fetch("SELECT party_id, trader_id FROM permit_watchers")
    assert {row["party_id"]: row["trader_id"] for row in rows} == {agent: trader, trader: None, reader: None}


async def test_notifications_migration_names_the_agents_of_stored_events(server: Server, templates: str) -> None:
    name = f"{templates}agents"
    async with database_at(server, name, "notifications", "0008_changed_columns") as (conn, owner):
        lodged, acknowledged, own, agent, trader, customs = (new_id() for _ in range(6))
        both, sender = [str(trader), str(agent)], {"parties": [str(trader), str(agent)], "offices": []}
        for event_id, kind, subject, parties, sent_by in (
            (lodged, "declaration.accepted", f"declaration:{new_id()}", both, sender),
            (acknowledged, "event.acknowledged", f"event:{lodged}", [*both, str(customs)], None),
            (own, "declaration.accepted", f"declaration:{new_id()}", both[:1], {"parties": both[:1], "offices": []}),
        ):
            audience = {"parties": sorted(parties), "audience_keys": [], "countries": []}
            await conn.execute(
                "INSERT INTO events (id, type, matching_patterns, subject, sequence, at, received_at, body, audience,"
                " sender) VALUES ($1, $2, '{}', $3, 1, now(), now(), '{}', $4, $5)",
                event_id,
                kind,
                subject,
                json.dumps(audience),
                None if sent_by is None else json.dumps(sent_by),
            )
        before = await _read_audiences(conn)
        migrate("notifications", owner, "0009_mandates")
        after = await _read_audiences(conn)
    agents = [{"agent": str(agent), "trader": str(trader)}]
    assert after[lodged] == (
        {"parties": [str(trader)], "audience_keys": [], "countries": [], "agents": agents},
        {"parties": [str(trader)], "offices": [], "agents": agents},
    )
    assert (set(after[acknowledged][0]["parties"]), after[acknowledged][0]["agents"]) == (
        {str(trader), str(customs)},
        agents,
    )
    assert after[own] == before[own]


async def _read_audiences(conn: Any) -> dict[UUID, tuple[dict[str, Any], Any]]:
    """Return the audience and the sender of each event."""
    rows = await conn.fetch("SELECT id, audience, sender FROM events")
    return {row["id"]: (json.loads(row["audience"]), row["sender"] and json.loads(row["sender"])) for row in rows}


async def _insert(conn: Any, table: str, values: Mapping[str, object]) -> None:
    """Insert a row of which a test needs only some columns. The others are empty texts, zeros, or objects."""
    columns = await conn.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_generated = 'NEVER' AND is_identity = 'NO'",
        table,
    )
    fillers = {
        "text": "''", "jsonb": "'{}'", "date": "current_date", "timestamp with time zone": "now()",
        "boolean": "false", "bytea": "''", "uuid": "gen_random_uuid()",
    }  # fmt: skip
    given = {name: f"'{value}'" for name, value in values.items()}
    filled = {row["column_name"]: fillers.get(row["data_type"], "0") for row in columns} | given
    await conn.execute(f"INSERT INTO {table} ({', '.join(filled)}) VALUES ({', '.join(filled.values())})")
