"""The migrations to identifiers by country take over the rows that are there, and no duplicate stops them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.cli.databases import Server, migrate
from shared.database import new_id

FR, KE, FR_LATER, AGENT = sorted(new_id() for _ in range(4))


@asynccontextmanager
async def database_at(server: Server, name: str, service: str, revision: str) -> AsyncIterator[tuple[Any, str]]:
    """Yield a connection to an empty database of a service at a revision, and the URL of its owner."""
    admin = await server.connect_as_superuser()
    try:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER {service}_owner')
        owner = server.url(name, f"{service}_owner", "test")
        migrate(service, owner, revision)
        conn = await server.connect_as_superuser(name)
        try:
            yield conn, owner
        finally:
            await conn.close()
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


async def add_party(conn: Any, party_id: Any, country: str, identifiers: dict[str, str]) -> None:
    await conn.execute(
        "INSERT INTO parties (id, name, country, roles, identifiers, grants, disabled, version, revision)"
        " VALUES ($1, $2, $3, '{trader}', $4, '[]', false, 1, 1)",
        party_id,
        f"Party of {country}",
        country,
        json.dumps(identifiers),
    )
    for value in identifiers.values():
        await conn.execute("INSERT INTO party_identifiers (value, party_id) VALUES ($1, $2)", value, party_id)


async def add_submission(conn: Any, party_id: Any, trader_id: Any) -> None:
    await conn.execute(
        "INSERT INTO submissions (id, party_id, trader_id, key, reference, content_type, digest, body, party,"
        " received_at, due_at) VALUES ($1, $2, $3, $4, $4, 'application/json', '', '', '{}', now(), now())",
        new_id(),
        party_id,
        trader_id,
        str(new_id()),
    )


async def test_gateway_migration_leaves_an_identifier_with_the_oldest_party_of_its_country(
    server: Server, templates: str
) -> None:
    async with database_at(server, f"{templates}gateway_ids", "gateway", "0001_initial") as (conn, owner):
        await conn.execute("INSERT INTO directory_revision VALUES (true, 5) ON CONFLICT DO NOTHING")
        await add_party(conn, FR, "FR", {"EORI": "FR 1/2"})
        await add_party(conn, KE, "KE", {"PIN": "fr-1-2"})
        await add_party(conn, FR_LATER, "FR", {"EORI": "FR-1-2", "VAT": "7"})
        await add_party(conn, AGENT, "FR", {})
        await add_submission(conn, AGENT, KE)
        await add_submission(conn, FR, FR)
        migrate("gateway", owner)
        claims = {row["key"]: row["party_id"] for row in await conn.fetch("SELECT * FROM party_identifiers")}
        assert claims == {"FR:fr-1-2": FR, "KE:fr-1-2": KE, "FR:7": FR_LATER}
        rows = await conn.fetch("SELECT id, identifiers, version, revision FROM parties ORDER BY id")
        found = [(json.loads(row["identifiers"]), row["version"]) for row in rows]
        assert found == [({"EORI": "FR 1/2"}, 1), ({"PIN": "fr-1-2"}, 1), ({"VAT": "7"}, 2), ({}, 1)]
        assert rows[2]["revision"] == await conn.fetchval("SELECT revision FROM directory_revision")
        sent = await conn.fetch("SELECT destination, party FROM outbox_parties ORDER BY destination")
        assert [row["destination"] for row in sent] == ["notifications", "permits"]
        assert [json.loads(row["party"])["identifiers"] for row in sent] == [{"VAT": "7"}] * 2
        assert await conn.fetchval("SELECT count(*) FROM party_versions WHERE version = 2") == 1
        represented = await conn.fetch("SELECT represented FROM submissions ORDER BY trader_id = party_id")
        assert json.loads(represented[0]["represented"]) == {
            "party": str(KE),
            "name": "Party of KE",
            "country": "KE",
            "numbers": ["fr-1-2"],
        }
        assert represented[1]["represented"] is None


PERMIT = {
    "exporter": {"name": "A", "country": "ZA", "identifier": "ZA 1"},
    "importer": {"name": "B", "country": "FR"},
}


async def test_permits_migration_writes_keys_words_audiences_and_traders(server: Server, templates: str) -> None:
    async with database_at(server, f"{templates}permits_ids", "permits", "0002_declaration_summaries") as (conn, owner):
        permit_id, declaration_id = new_id(), new_id()
        await conn.execute(
            "INSERT INTO permits (id, issuer, number, status, issued_on, valid_until, exporter_identifier,"
            " export_country, import_country, kind, purpose, content, registered_by, registering_country, endorsed,"
            " transport_documents, sequence, version, search_words) VALUES ($1, 'ZA', '1', 'issued', '2026-01-01',"
            " '2026-02-01', 'ZA 1', 'ZA', 'FR', 'export', 'T', $2, $1, 'ZA', false, '[]', 1, 1, '[\"taxon:x\"]')",
            permit_id,
            json.dumps(PERMIT),
        )
        await conn.execute(
            "INSERT INTO declarations (id, party_id, trader_id, reference, movement, status, export_country,"
            " import_country, content, findings, search_words, digest, received_at, sequence, version)"
            " VALUES ($1, $1, $1, 'R', 'export', 'received', 'ZA', 'FR', $2, '[]', '[\"holder:ZA 1\", \"issuer:ZA\"]',"
            " '', now(), 1, 1)",
            declaration_id,
            json.dumps(PERMIT | {"items": []}),
        )
        await conn.execute(
            "INSERT INTO outbox_events (id, type, subject, sequence, at, data, audience, due_at)"
            " VALUES ($1, 'permit.issued', $2, 1, now(), '{}', $3, now())",
            new_id(),
            f"permit:{permit_id}",
            json.dumps({"identifiers": ["ZA 1"], "taxa": ["x"]}),
        )
        migrate("permits", owner)
        permit = await conn.fetchrow("SELECT exporter_key, importer_key, search_words FROM permits")
        assert (permit["exporter_key"], permit["importer_key"]) == ("ZA:za-1", None)
        assert json.loads(permit["search_words"]) == ["taxon:x", "holder:za-1"]
        declared = await conn.fetchrow("SELECT trader_name, trader_country, search_words FROM declarations")
        assert (declared["trader_name"], declared["trader_country"]) == ("A", "ZA")
        assert json.loads(declared["search_words"]) == ["issuer:ZA", "holder:za-1"]
        audience = json.loads(await conn.fetchval("SELECT audience FROM outbox_events"))
        assert audience == {"identifiers": ["ZA:za-1"], "taxa": ["x"]}


async def test_notifications_migration_gives_each_number_the_country_of_its_party(
    server: Server, templates: str
) -> None:
    async with database_at(server, f"{templates}notifications_ids", "notifications", "0001_initial") as (conn, owner):
        await conn.execute("INSERT INTO parties VALUES ($1, 1, false, now())", FR)
        keys = [("number:FR 1", FR), ("office:trader:FR", FR), ("office:customs:FR", FR)]
        await conn.executemany("INSERT INTO audience_keys VALUES ($1, $2)", keys)
        audience = {"parties": [], "audience_keys": ["number:FR 1", "number:X", "office:customs:FR"], "countries": []}
        await conn.execute(
            "INSERT INTO events (id, type, matching_patterns, subject, sequence, at, received_at, body, audience)"
            " VALUES ($1, 'permit.used', '{}', 'permit:1', 2, now(), now(), '', $2)",
            new_id(),
            json.dumps(audience),
        )
        migrate("notifications", owner)
        found = {row["audience_key"] for row in await conn.fetch("SELECT audience_key FROM audience_keys")}
        assert found == {"holder:FR:fr-1", "office:trader:FR", "office:customs:FR"}
        waiting = json.loads(await conn.fetchval("SELECT audience FROM events"))
        assert waiting["audience_keys"] == ["holder:FR:fr-1", "number:X", "office:customs:FR"]
