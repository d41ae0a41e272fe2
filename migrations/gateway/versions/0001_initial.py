"""Create the gateway's tables: parties, credentials, mandates, stored responses, rate limits and submissions.

The owner of the database runs this file. The service connects as `gateway_runner`, which gets only the privileges of
`GRANTS`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSONB, UUID

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

TIMESTAMP = sa.DateTime(timezone=True)
GRANTS = (
    "SELECT ON alembic_version",
    "SELECT, UPDATE ON directory_revision",
    "SELECT, INSERT, UPDATE ON parties",
    "SELECT, INSERT, DELETE ON party_identifiers",
    "SELECT, INSERT ON party_versions",
    "SELECT, INSERT, UPDATE (due_at, attempts, settled_at) ON outbox_parties",
    "SELECT, INSERT, UPDATE (last_used_at, ended_at, expires_at, revision) ON credentials",
    "SELECT, INSERT, DELETE ON used_assertions",
    "SELECT, INSERT, UPDATE (revoked_at, revoked_by, revision) ON mandates",
    "SELECT, INSERT, UPDATE, DELETE ON rate_limit_blocks",
    "SELECT, INSERT, UPDATE (status, body, location, version) ON commands",
    "SELECT, INSERT, UPDATE (due_at, attempts, settled_at) ON submissions",
    "SELECT, INSERT, UPDATE (version) ON amendments",
)
"""The service cannot change or delete history. It can change when an outbox message is sent, but not its content."""
TABLES = (
    "directory_revision",
    "parties",
    "party_identifiers",
    "party_versions",
    "outbox_parties",
    "credentials",
    "used_assertions",
    "mandates",
    "rate_limit_blocks",
    "commands",
    "submissions",
    "amendments",
)
"""The tables in the order of their creation: a table follows the tables that it refers to."""

DELETE_EXPIRED_COMMANDS = """
CREATE FUNCTION delete_expired_commands(row_limit integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH deleted AS (
        DELETE FROM public.commands WHERE id = ANY (ARRAY(
            SELECT id FROM public.commands WHERE at < now() - interval '7 days'
            ORDER BY at LIMIT row_limit FOR UPDATE SKIP LOCKED
        )) RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
"""
"""Delete the oldest commands, if they are older than seven days. Return the number of deleted commands."""


def upgrade() -> None:
    _create_parties()
    _create_party_records()
    _create_credentials()
    _create_mandates()
    _create_request_records()
    _create_submissions()
    _create_amendments()
    for grant in GRANTS:
        op.execute(f"GRANT {grant} TO gateway_runner")
    op.execute(DELETE_EXPIRED_COMMANDS)
    op.execute("REVOKE ALL ON FUNCTION delete_expired_commands(integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION delete_expired_commands(integer) TO gateway_runner")


def downgrade() -> None:
    """Drop every table. The roles stay: they belong to the server, not to this database."""
    op.execute("REVOKE ALL ON alembic_version FROM gateway_runner")
    op.execute("DROP FUNCTION delete_expired_commands(integer)")
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_parties() -> None:
    op.create_table(
        "directory_revision",
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one", name="directory_revision_one_row"), primary_key=True),
        sa.Column("revision", BIGINT, nullable=False),
    )
    op.execute("INSERT INTO directory_revision (one, revision) VALUES (true, 0)")
    op.create_table(
        "parties",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("identifiers", JSONB, nullable=False),
        sa.Column("grants", JSONB, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", BIGINT, nullable=False),
        sa.CheckConstraint("version >= 1", name="parties_version_positive"),
    )
    op.create_index("parties_by_revision", "parties", ["revision"])


def _create_party_records() -> None:
    op.create_table(
        "party_identifiers",
        sa.Column("value", sa.Text, primary_key=True),
        _party_reference("party_id", "party_identifiers_party"),
    )
    op.create_index("party_identifiers_by_party", "party_identifiers", ["party_id"])
    op.create_table(
        "party_versions",
        _party_reference("party_id", "party_versions_party"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("party", JSONB, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("actor_party_id", UUID, nullable=True),
        sa.PrimaryKeyConstraint("party_id", "version", name="party_versions_pkey"),
    )
    op.create_table(
        "outbox_parties",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("party", JSONB, nullable=False),
        *_outbox_columns(),
        sa.CheckConstraint("destination IN ('permits', 'notifications')", name="outbox_parties_known_destination"),
    )
    _create_due_index("outbox_parties")


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("client_id", sa.Text, primary_key=True),
        _party_reference("party_id", "credentials_party"),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=True),
        sa.Column("made_at", TIMESTAMP, nullable=False),
        sa.Column("last_used_at", TIMESTAMP, nullable=True),
        sa.Column("ended_at", TIMESTAMP, nullable=True),
        sa.Column("revision", BIGINT, nullable=False),
        sa.Column("public_keys", JSONB, nullable=True),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("expires_at", TIMESTAMP, nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(secret_sha256, public_keys, subject) = 1", name="credentials_exactly_one_proof"
        ),
    )
    op.create_index("credentials_by_party", "credentials", ["party_id"])
    op.create_index("credentials_by_revision", "credentials", ["revision"])
    op.create_index(
        "credentials_unique_subject",
        "credentials",
        ["subject"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND subject IS NOT NULL"),
    )
    op.create_table(
        "used_assertions",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name="used_assertions_pkey"),
    )
    op.create_index("used_assertions_by_expiry", "used_assertions", ["expires_at"])


def _create_mandates() -> None:
    op.create_table(
        "mandates",
        sa.Column("id", UUID, primary_key=True),
        _party_reference("trader_id", "mandates_trader"),
        _party_reference("agent_id", "mandates_agent"),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("granted_at", TIMESTAMP, nullable=False),
        sa.Column("granted_by", UUID, nullable=False),
        sa.Column("revoked_at", TIMESTAMP, nullable=True),
        sa.Column("revoked_by", UUID, nullable=True),
        sa.Column("revision", BIGINT, nullable=False),
        sa.CheckConstraint("trader_id <> agent_id", name="mandates_distinct_parties"),
        sa.CheckConstraint("first_day <= last_day", name="mandates_days_in_order"),
    )
    op.create_index("mandates_by_trader", "mandates", ["trader_id"])
    op.create_index("mandates_by_agent", "mandates", ["agent_id"])
    op.create_index("mandates_by_revision", "mandates", ["revision"])


def _create_request_records() -> None:
    """Create what the gateway stores about requests of every route: rate limits and stored responses."""
    op.create_table(
        "rate_limit_blocks",
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("window_start", BIGINT, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "window_start", name="rate_limit_blocks_pkey"),
    )
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


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("trader_id", UUID, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        *_content_columns(),
        sa.Column("normalized", sa.LargeBinary, nullable=True),
        sa.Column("party", JSONB, nullable=False),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        *_outbox_columns(),
        sa.UniqueConstraint("party_id", "key", name="submissions_unique_key"),
        sa.UniqueConstraint("trader_id", "reference", name="submissions_unique_reference"),
    )
    _create_due_index("submissions")


def _create_amendments() -> None:
    op.create_table(
        "amendments",
        sa.Column("command_id", UUID, primary_key=True),
        sa.Column("declaration_id", UUID, nullable=False),
        sa.Column("party_id", UUID, nullable=False),
        *_content_columns(),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        sa.Column("version", sa.Integer, nullable=True),
    )
    op.create_index("amendments_by_declaration", "amendments", ["declaration_id", "version"])


def _party_reference(column: str, constraint: str) -> sa.Column[object]:
    return sa.Column(column, UUID, sa.ForeignKey("parties.id", name=constraint), nullable=False)


def _content_columns() -> tuple[sa.Column[object], ...]:
    """Return the columns of a declaration's bytes as the trader sent them."""
    return (
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _outbox_columns() -> tuple[sa.Column[object], ...]:
    """Return the columns of an outbox message: when it is due, the number of attempts, when it settled."""
    return (
        sa.Column("due_at", TIMESTAMP, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("settled_at", TIMESTAMP, nullable=True),
    )


def _create_due_index(table: str) -> None:
    """Create the index that finds the outbox messages of a table that are not settled, the first due first."""
    op.create_index(f"{table}_due", table, ["due_at"], postgresql_where=sa.text("settled_at IS NULL"))
