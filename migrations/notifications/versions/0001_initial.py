"""Create the tables of notifications: copies of parties, events and feeds, endpoints, deliveries, commands.

The owner of the database runs this file. The service connects as `notifications_runner`, which gets only the privileges
of `GRANTS`. It deletes what is expired through three functions, which enforce the shortest retention.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

TIMESTAMP = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)
GRANTS = (
    "SELECT ON alembic_version",
    "SELECT, INSERT, UPDATE ON parties",
    "SELECT, INSERT, DELETE ON audience_keys",
    "SELECT, INSERT, DELETE ON grants",
    "SELECT, UPDATE ON feed_counter",
    "SELECT, INSERT, UPDATE ON subjects",
    "SELECT, INSERT, UPDATE (position) ON events",
    "SELECT, INSERT ON feed_entries",
    "SELECT, INSERT ON acknowledgements",
    "SELECT, INSERT, UPDATE (url, event_types, description, status, reason, version, countries, permits, taxa, filters,"
    " headers, rate_limit, format, verified) ON endpoints",
    "SELECT, INSERT, UPDATE (secret, ends_at) ON endpoint_secrets",
    "SELECT, INSERT, UPDATE, DELETE ON rate_limits",
    "SELECT, INSERT, UPDATE, DELETE ON failure_streaks",
    "SELECT, INSERT, UPDATE (status, settled_at) ON deliveries",
    "SELECT, INSERT, UPDATE, DELETE ON delivery_queues",
    "SELECT, INSERT ON attempts",
    "SELECT, INSERT, UPDATE (status, body, location, version) ON commands",
)
"""The service cannot change or delete feed entries, attempts and acknowledgements. It only sets an event's position."""
TABLES = (
    "parties",
    "audience_keys",
    "grants",
    "feed_counter",
    "subjects",
    "events",
    "feed_entries",
    "acknowledgements",
    "endpoints",
    "endpoint_secrets",
    "rate_limits",
    "failure_streaks",
    "deliveries",
    "delivery_queues",
    "attempts",
    "commands",
)
"""The tables in the order of their creation: a table follows the tables that it refers to."""

DELETE_EXPIRED_EVENTS = """
CREATE FUNCTION delete_expired_events(
    retention interval, after bigint, row_limit integer, OUT last_position bigint, OUT deleted bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    expired bigint[];
    cutoff timestamptz := now() - greatest(retention, interval '30 days');
BEGIN
    deleted := 0;
    IF NOT pg_try_advisory_xact_lock(20241117) THEN
        RETURN;
    END IF;
    SELECT max(position) INTO last_position FROM (
        SELECT position FROM (
            SELECT position, received_at FROM public.events WHERE position > after ORDER BY position LIMIT row_limit
        ) AS next_events WHERE received_at < cutoff
    ) AS old_events;
    PERFORM FROM public.events WHERE position > after AND position <= last_position AND received_at < cutoff
    ORDER BY position FOR UPDATE;
    SELECT array_agg(position) INTO expired FROM public.events e
    WHERE position > after AND position <= last_position AND received_at < cutoff
      AND NOT EXISTS (SELECT FROM public.deliveries d WHERE d.position = e.position AND d.status = 'pending');
    IF expired IS NOT NULL THEN
        DELETE FROM public.attempts a USING public.deliveries d
        WHERE a.delivery_id = d.id AND d.position = ANY(expired);
        DELETE FROM public.deliveries WHERE position = ANY(expired);
        DELETE FROM public.acknowledgements WHERE position = ANY(expired);
        DELETE FROM public.feed_entries WHERE position = ANY(expired);
        DELETE FROM public.events WHERE position = ANY(expired);
        deleted := cardinality(expired);
    END IF;
END $$;
"""
"""Read the next events after a position. Delete those that are older than the retention and have no pending delivery.

The feed keeps an event for at least 30 days, whatever the caller asks. The function locks the events first, so that no
replay begins on an event that is about to be deleted. It returns the last position that it read and the number of
deleted events. The last position is NULL if no old event is left, or if another session runs this function."""

DELETE_EXPIRED_DELIVERIES = """
CREATE FUNCTION delete_expired_deliveries(
    retention interval, after bigint, row_limit integer, OUT last_position bigint, OUT deleted bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    expired uuid[];
    cutoff timestamptz := now() - greatest(retention, interval '1 day');
BEGIN
    deleted := 0;
    IF NOT pg_try_advisory_xact_lock(20241117) THEN
        RETURN;
    END IF;
    SELECT max(position) INTO last_position FROM (
        SELECT position FROM (
            SELECT position, received_at FROM public.events WHERE position > after ORDER BY position LIMIT row_limit
        ) AS next_events WHERE received_at < cutoff
    ) AS old_events;
    SELECT array_agg(id) INTO expired FROM (
        SELECT id FROM public.deliveries
        WHERE position > after AND position <= last_position AND status IN ('delivered', 'dropped')
          AND settled_at < cutoff
        ORDER BY id FOR UPDATE
    ) AS old_deliveries;
    IF expired IS NOT NULL THEN
        DELETE FROM public.attempts WHERE delivery_id = ANY(expired);
        DELETE FROM public.deliveries WHERE id = ANY(expired);
        deleted := cardinality(expired);
    END IF;
END $$;
"""
"""Read the next events after a position. Delete their delivered and dropped deliveries with the attempts, if they were
settled before the retention. A delivery that was given up stays as long as its event: its owner can send it again."""

DELETE_EXPIRED_COMMANDS = """
CREATE FUNCTION delete_expired_commands(row_limit integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH deleted AS (
        DELETE FROM public.commands WHERE id = ANY (ARRAY(
            SELECT id FROM public.commands WHERE at < now() - interval '8 days'
            ORDER BY at LIMIT row_limit FOR UPDATE SKIP LOCKED
        )) RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
"""
"""Delete the oldest commands, if they are older than eight days. Return the number of deleted commands."""

FUNCTIONS = {
    "delete_expired_events(interval, bigint, integer)": DELETE_EXPIRED_EVENTS,
    "delete_expired_deliveries(interval, bigint, integer)": DELETE_EXPIRED_DELIVERIES,
    "delete_expired_commands(integer)": DELETE_EXPIRED_COMMANDS,
}
"""Each function by its signature. They run with the rights of the owner of the database."""


def upgrade() -> None:
    _create_parties()
    _create_events()
    _create_feeds()
    _create_endpoints()
    _create_endpoint_state()
    _create_deliveries()
    _create_delivery_queues()
    _create_attempts()
    _create_commands()
    for grant in GRANTS:
        op.execute(f"GRANT {grant} TO notifications_runner")
    for signature, definition in FUNCTIONS.items():
        op.execute(definition)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO notifications_runner")


def downgrade() -> None:
    """Drop every function and table. The roles stay: they belong to the server, not to this database."""
    op.execute("REVOKE SELECT ON alembic_version FROM notifications_runner")
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_parties() -> None:
    op.create_table(
        "parties",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
    )
    op.create_table(
        "audience_keys",
        sa.Column("audience_key", sa.Text, primary_key=True),
        sa.Column("party_id", sa.Uuid, sa.ForeignKey("parties.id"), primary_key=True),
    )
    op.create_index("audience_keys_by_party", "audience_keys", ["party_id"])
    op.create_table(
        "grants",
        sa.Column("party_id", sa.Uuid, sa.ForeignKey("parties.id"), primary_key=True),
        sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("country", sa.Text, primary_key=True),
        sa.Column("patterns", TEXTS, nullable=False),
    )
    op.create_index("grants_by_country", "grants", ["country"])


def _create_events() -> None:
    op.create_table(
        "feed_counter",
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one", name="feed_counter_one_row"), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO feed_counter (one, position) VALUES (true, 0)")
    op.create_table(
        "subjects",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("matching_patterns", TEXTS, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audience", JSONB, nullable=False),
        sa.Column("filter_keys", TEXTS),
        sa.Column("sender", JSONB),
        sa.UniqueConstraint("position", name="events_position"),
        sa.UniqueConstraint("subject", "sequence", name="events_sequence"),
    )
    no_position = sa.text("position IS NULL")
    op.create_index("events_without_position", "events", ["subject", "sequence"], postgresql_where=no_position)
    op.create_index("events_at", "events", ["at"])


def _create_feeds() -> None:
    op.create_table(
        "feed_entries",
        sa.Column("party_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.ForeignKey("events.position"), primary_key=True, autoincrement=False),
    )
    op.create_index("feed_entries_by_position", "feed_entries", ["position"])
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.ForeignKey("events.position"), nullable=False),
        sa.Column("party_id", sa.Uuid, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.CheckConstraint("outcome IN ('accepted', 'with_warnings', 'not_readable')", name="acknowledgements_outcome"),
    )
    op.create_index("acknowledgements_by_event", "acknowledgements", ["position", "party_id"])


def _create_endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("party_id", sa.Uuid, sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("event_types", TEXTS, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("countries", TEXTS),
        sa.Column("permits", TEXTS),
        sa.Column("taxa", TEXTS),
        sa.Column("filters", JSONB, nullable=False, server_default="{}"),
        sa.Column("headers", sa.Text),
        sa.Column("rate_limit", sa.Integer),
        sa.Column("format", sa.Text, nullable=False, server_default="standard"),
        sa.Column("verified", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("verify", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.CheckConstraint("status IN ('pending', 'active', 'paused', 'disabled', 'deleted')", name="endpoints_status"),
        sa.CheckConstraint("rate_limit > 0", name="endpoints_rate_limit"),
        sa.CheckConstraint("format IN ('standard', 'cloudevents')", name="endpoints_format"),
        sa.CheckConstraint("verified OR status <> 'active'", name="endpoints_verified"),
    )
    not_deleted = sa.text("status <> 'deleted'")
    op.create_index("endpoints_by_party", "endpoints", ["party_id", "id"], postgresql_where=not_deleted)


def _create_endpoint_state() -> None:
    op.create_table(
        "endpoint_secrets",
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id"), primary_key=True),
        sa.Column("secret", sa.Text, primary_key=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("ends_at", TIMESTAMP),
    )
    op.create_table(
        "rate_limits",
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id"), primary_key=True),
        sa.Column("next_send_at", TIMESTAMP),
        sa.Column("cooldown_until", TIMESTAMP),
    )
    op.create_table(
        "failure_streaks",
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id"), primary_key=True),
        sa.Column("since", TIMESTAMP, nullable=False),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id"), nullable=False),
        sa.Column("position", sa.BigInteger, sa.ForeignKey("events.position"), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("settled_at", TIMESTAMP),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'given_up', 'dropped')", name="deliveries_status"),
        sa.CheckConstraint("(status = 'pending') = (settled_at IS NULL)", name="deliveries_settled"),
    )
    pending, given_up = sa.text("status = 'pending'"), sa.text("status = 'given_up'")
    op.create_index("deliveries_by_position", "deliveries", ["position"])
    op.create_index("deliveries_by_endpoint", "deliveries", ["endpoint_id", "position"])
    op.create_index(
        "deliveries_pending", "deliveries", ["endpoint_id", "subject", "position"], postgresql_where=pending
    )
    op.create_index("deliveries_given_up", "deliveries", ["endpoint_id", "position"], postgresql_where=given_up)
    op.execute("ALTER TABLE deliveries SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)")


def _create_delivery_queues() -> None:
    """Create the queues. Their rows change with each delivery, so PostgreSQL removes the dead rows early.

    The index of due queues has one entry for each queue, so that a claim reads few entries to find the first.
    """
    op.create_table(
        "delivery_queues",
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("endpoints.id"), primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("due_at", TIMESTAMP, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claim", sa.Uuid),
    )
    one_entry_each = {"deduplicate_items": "off"}
    op.create_index("delivery_queues_due", "delivery_queues", ["endpoint_id", "due_at"], postgresql_with=one_entry_each)
    claimed = sa.text("claim IS NOT NULL")
    op.create_index("delivery_queues_in_flight", "delivery_queues", ["endpoint_id"], postgresql_where=claimed)
    op.execute(
        "ALTER TABLE delivery_queues SET"
        " (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)"
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("deliveries.id"), primary_key=True),
        sa.Column("claim", sa.Uuid, primary_key=True),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("reason", sa.Text),
        sa.Column("answer", sa.Text),
    )


def _create_commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.Text),
        sa.Column("location", sa.Text),
        sa.Column("version", sa.Integer),
    )
    op.create_index("commands_at", "commands", ["at"])
