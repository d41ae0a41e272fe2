"""Copies of parties, events with their readers, endpoints with their lanes, deliveries and attempts, commands."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTIES = """
CREATE TABLE parties (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    disabled boolean NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE marks (
    mark text NOT NULL,
    party_id uuid NOT NULL REFERENCES parties (id),
    PRIMARY KEY (mark, party_id)
);
CREATE INDEX marks_by_party ON marks (party_id);
CREATE TABLE grants (
    party_id uuid NOT NULL REFERENCES parties (id),
    number smallint NOT NULL,
    country text NOT NULL,
    patterns text[] NOT NULL,
    PRIMARY KEY (party_id, number, country)
);
CREATE INDEX grants_by_country ON grants (country);
"""

EVENTS = """
CREATE TABLE counter (
    one boolean PRIMARY KEY CONSTRAINT counter_one_row CHECK (one),
    position bigint NOT NULL
);
INSERT INTO counter VALUES (true, 0);
CREATE TABLE subjects (
    subject text PRIMARY KEY,
    taken bigint NOT NULL
);
CREATE TABLE events (
    id uuid PRIMARY KEY,
    position bigint CONSTRAINT events_position UNIQUE,
    type text NOT NULL,
    forms text[] NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    body text NOT NULL,
    audience jsonb NOT NULL,
    CONSTRAINT events_sequence UNIQUE (subject, sequence)
);
CREATE INDEX events_held ON events (subject, sequence) WHERE position IS NULL;
CREATE INDEX events_at ON events (at);
CREATE TABLE readers (
    party_id uuid NOT NULL,
    position bigint NOT NULL REFERENCES events (position),
    PRIMARY KEY (party_id, position)
);
CREATE TABLE acknowledgements (
    id uuid PRIMARY KEY,
    position bigint NOT NULL REFERENCES events (position),
    party_id uuid NOT NULL,
    outcome text NOT NULL
        CONSTRAINT acknowledgements_outcome CHECK (outcome IN ('accepted', 'with_warnings', 'not_readable')),
    message text,
    at timestamptz NOT NULL
);
CREATE INDEX acknowledgements_by_event ON acknowledgements (position, party_id);
"""

ENDPOINTS = """
CREATE TABLE endpoints (
    id uuid PRIMARY KEY,
    party_id uuid NOT NULL REFERENCES parties (id),
    url text NOT NULL,
    event_types text[] NOT NULL,
    description text,
    status text NOT NULL
        CONSTRAINT endpoints_status CHECK (status IN ('active', 'paused', 'disabled', 'deleted')),
    reason text,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX endpoints_by_party ON endpoints (party_id, id) WHERE status <> 'deleted';
CREATE TABLE endpoint_secrets (
    endpoint_id uuid NOT NULL REFERENCES endpoints (id),
    secret text NOT NULL,
    created_at timestamptz NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (endpoint_id, secret)
);
"""

DELIVERIES = """
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoints (id),
    position bigint NOT NULL REFERENCES events (position),
    subject text NOT NULL,
    status text NOT NULL
        CONSTRAINT deliveries_status CHECK (status IN ('pending', 'delivered', 'given_up', 'dropped')),
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT deliveries_settled CHECK ((status = 'pending') = (settled_at IS NULL))
);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, position);
CREATE INDEX deliveries_pending ON deliveries (endpoint_id, subject, position) WHERE status = 'pending';
CREATE INDEX deliveries_given_up ON deliveries (endpoint_id, position) WHERE status = 'given_up';
CREATE TABLE lanes (
    endpoint_id uuid NOT NULL REFERENCES endpoints (id),
    subject text NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    claim uuid,
    PRIMARY KEY (endpoint_id, subject)
);
CREATE INDEX lanes_due ON lanes (endpoint_id, due_at);
CREATE TABLE attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries (id),
    claim uuid NOT NULL,
    at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    status smallint,
    reason text,
    answer text,
    PRIMARY KEY (delivery_id, claim)
);
"""

COMMANDS = """
CREATE TABLE commands (
    party_id uuid NOT NULL,
    id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    answer text,
    at timestamptz NOT NULL,
    PRIMARY KEY (party_id, id)
);
CREATE INDEX commands_at ON commands (at);
"""

CHURN = """
ALTER TABLE lanes SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
ALTER TABLE deliveries SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
"""
"""Lanes come and go with every letter: what is dead in them is cleared away early, so that claims stay cheap."""

RIGHTS = """
GRANT SELECT ON alembic_version TO notifications_runner;
GRANT SELECT, INSERT, UPDATE ON parties, subjects TO notifications_runner;
GRANT SELECT, INSERT, DELETE ON marks, grants TO notifications_runner;
GRANT SELECT, UPDATE ON counter TO notifications_runner;
GRANT SELECT, INSERT, UPDATE (position) ON events TO notifications_runner;
GRANT SELECT, INSERT ON readers, attempts, acknowledgements TO notifications_runner;
GRANT SELECT, INSERT, UPDATE (url, event_types, description, status, reason, version) ON endpoints
    TO notifications_runner;
GRANT SELECT, INSERT, UPDATE (ends_at) ON endpoint_secrets TO notifications_runner;
GRANT SELECT, INSERT, UPDATE (status, settled_at) ON deliveries TO notifications_runner;
GRANT SELECT, INSERT, UPDATE, DELETE ON lanes TO notifications_runner;
GRANT SELECT, INSERT, UPDATE (answer) ON commands TO notifications_runner;
"""
"""What was said and what was tried grants no change and no deletion; an event changes once: it gets its place."""

TABLES = (
    "commands", "attempts", "lanes", "deliveries", "endpoint_secrets", "endpoints", "acknowledgements", "readers",
    "events", "subjects", "counter", "grants", "marks", "parties",
)  # fmt: skip


def upgrade() -> None:
    for part in (PARTIES, EVENTS, ENDPOINTS, DELIVERIES, COMMANDS, CHURN, RIGHTS):
        for statement in part.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    op.execute("REVOKE SELECT ON alembic_version FROM notifications_runner")
