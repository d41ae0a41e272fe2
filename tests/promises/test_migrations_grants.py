"""The runner of each service updates only columns that change, and deletes nothing that is evidence.

The tests read the privileges from the catalogue of PostgreSQL. Any privilege that is not listed here makes them fail.
"""

import pytest

from services.cli.databases import SERVICES, Server

OUTBOX = {"attempts", "due_at", "settled_at"}
RESPONSE = {"body", "location", "status", "version"}
RECONCILIATION = {"adopted", "compared_at", "sent_again", "status"}
UPDATED_COLUMNS = {
    "gateway": {
        "amendments": {"version"},
        "commands": RESPONSE,
        "credentials": {"ended_at", "expires_at", "last_used_at", "revision"},
        "directory_revision": {"revision"},
        "mandates": {"accepted_at", "revision", "revoked_at", "revoked_by"},
        "outbox_mandates": OUTBOX,
        "outbox_parties": OUTBOX,
        "parties": {
            "country", "disabled", "grants", "identifiers", "name", "revision", "roles", "version",
        },
        "rate_limit_blocks": {"used"},
        "reconciliations": RECONCILIATION,
        "submissions": OUTBOX,
    },
    "notifications": {
        "commands": RESPONSE,
        "deliveries": {"settled_at", "status", "subject"},
        "delivery_queues": {"attempts", "claim", "due_at"},
        "endpoint_secrets": {"ends_at", "secret"},
        "endpoints": {
            "countries", "description", "event_types", "filters", "format", "headers", "permits", "rate_limit",
            "reason", "status", "taxa", "url", "verified", "version",
        },
        "events": {"position"},
        "failure_streaks": {"days", "last_day"},
        "feed_counter": {"position"},
        "mandates": {"active", "revision"},
        "parties": {"disabled", "updated_at", "version"},
        "rate_limits": {"cooldown_until", "next_send_at"},
        "subjects": {"last_sequence"},
    },
    "permits": {
        "applications": {"assessment", "decided_at", "permit_id", "sequence", "status", "version"},
        "balance_mismatches": {"computed", "stored"},
        "commands": RESPONSE,
        "declarations": {
            "acting_country", "content", "digest", "exit_due", "findings", "findings_omitted", "officers",
            "received_at", "search_words", "sequence", "status", "trader_country", "trader_name", "transit_country",
            "version",
        },
        "mandates": {"active", "revision"},
        "outbox_events": OUTBOX,
        "parties": {"country", "disabled", "roles", "version"},
        "permit_lines": {
            "endorsed", "export_closed", "export_consented", "export_reserved", "import_closed", "import_consented",
            "import_consumed", "import_reserved",
        },
        "permits": {
            "endorsed", "notice_level", "number_key", "registered_by", "registering_country", "replaced_by",
            "sequence", "status", "transport_documents", "version",
        },
        "policies": {"policy", "version"},
        "hs_codes": {"until"},
        "quota_notices": {"notice_level"},
        "quotas": {
            "amount", "digest", "ended_on", "note", "notice_level", "period", "sequence", "taxon", "version",
        },
        "second_use_alerts": {
            "attempts", "first_attempt_at", "held_count", "is_named", "last_attempt_at", "party_id", "window_began_at",
            "window_seconds",
        },
        "reconciliations": RECONCILIATION,
        "suspensions": {"until"},
        "taxa": {"until"},
        "taxon_genera": {"lineage"},
    },
}  # fmt: skip
TABLES_WITH_DELETE = {
    "gateway": {"party_identifiers", "rate_limit_blocks", "used_assertions"},
    "notifications": {"audience_keys", "delivery_queues", "failure_streaks", "grants"},
    "permits": {"balance_mismatches", "citations", "second_use_alerts"},
}
"""Copies, counters and queues. No history, ledger, event, response, attempt or submission is among them."""
LIST_TABLES = """
    SELECT c.relname AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND has_table_privilege($1, c.oid, $2) ORDER BY 1
"""
LIST_COLUMNS = """
    SELECT c.relname AS table, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
      AND NOT a.attisdropped AND has_column_privilege($1, c.oid, a.attnum, 'UPDATE')
"""
LIST_PUBLIC_FUNCTIONS = """
    SELECT p.proname AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
"""


async def _tables_with(server: Server, database: str, service: str, privilege: str) -> set[str]:
    """Return the tables on which the runner has a privilege for the whole table."""
    admin = await server.connect_as_superuser(database)
    try:
        return {row["name"] for row in await admin.fetch(LIST_TABLES, f"{service}_runner", privilege)}
    finally:
        await admin.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_runner_updates_only_columns_that_change(server: Server, templates: str, service: str) -> None:
    admin = await server.connect_as_superuser(templates + service)
    rows = await admin.fetch(LIST_COLUMNS, f"{service}_runner")
    await admin.close()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table"], set()).add(row["column"])
    assert found == UPDATED_COLUMNS[service]
    assert await _tables_with(server, templates + service, service, "UPDATE") == set()


@pytest.mark.parametrize("service", SERVICES)
async def test_runner_deletes_no_evidence(server: Server, templates: str, service: str) -> None:
    assert await _tables_with(server, templates + service, service, "DELETE") == TABLES_WITH_DELETE[service]


@pytest.mark.parametrize("service", SERVICES)
async def test_runner_has_no_other_privilege(server: Server, templates: str, service: str) -> None:
    for privilege in ("TRUNCATE", "REFERENCES", "TRIGGER"):
        assert await _tables_with(server, templates + service, service, privilege) == set()
    assert "alembic_version" not in await _tables_with(server, templates + service, service, "INSERT")
    admin = await server.connect_as_superuser(templates + service)
    functions = await admin.fetch(LIST_PUBLIC_FUNCTIONS)
    await admin.close()
    assert functions == [], "a function of the owner runs for its own runner only"
