"""Parties with their numbers, versions, letters and credentials; answers under keys; submissions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSONB, UUID

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
GRANTS = (
    "GRANT SELECT ON alembic_version TO gateway_runner",
    "GRANT SELECT, UPDATE ON people_revision TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE ON parties TO gateway_runner",
    "GRANT SELECT, INSERT, DELETE ON party_identifiers TO gateway_runner",
    "GRANT SELECT, INSERT ON party_versions TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE (due_at, attempts, settled_at) ON party_letters TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE (last_used_at, ended_at, revision) ON credentials TO gateway_runner",
    "GRANT SELECT, INSERT ON kept_answers TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE (due_at, attempts, settled_at) ON submissions TO gateway_runner",
)
"""What is history grants no change and no deletion; of a letter only its way may change, never what it says."""


def upgrade() -> None:
    _people()
    _party_records()
    _credentials()
    _kept_answers()
    _submissions()
    for grant in GRANTS:
        op.execute(grant)


def _people() -> None:
    op.create_table(
        "people_revision",
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one", name="people_revision_one_row"), primary_key=True),
        sa.Column("revision", BIGINT, nullable=False),
    )
    op.execute("INSERT INTO people_revision VALUES (true, 0)")
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
        sa.CheckConstraint("version >= 1", name="parties_version_counts"),
    )
    op.create_index("parties_by_revision", "parties", ["revision"])


def _party_records() -> None:
    op.create_table(
        "party_identifiers",
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("party_id", UUID, sa.ForeignKey("parties.id", name="party_identifiers_party"), nullable=False),
    )
    op.create_index("party_identifiers_by_party", "party_identifiers", ["party_id"])
    op.create_table(
        "party_versions",
        sa.Column("party_id", UUID, sa.ForeignKey("parties.id", name="party_versions_party"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("party", JSONB, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by_party", UUID, nullable=True),
        sa.PrimaryKeyConstraint("party_id", "version", name="party_versions_pkey"),
    )
    op.create_table(
        "party_letters",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("party", JSONB, nullable=False),
        *_letter_columns(),
        sa.CheckConstraint("destination IN ('permits', 'notifications')", name="party_letters_destination_known"),
    )
    op.create_index("party_letters_due", "party_letters", ["due_at"], postgresql_where=sa.text("settled_at IS NULL"))


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("party_id", UUID, sa.ForeignKey("parties.id", name="credentials_party"), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("revision", BIGINT, nullable=False),
    )
    op.create_index("credentials_by_party", "credentials", ["party_id"])
    op.create_index("credentials_by_revision", "credentials", ["revision"])


def _kept_answers() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "route", "key", name="kept_answers_pkey"),
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("trader_id", UUID, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("party", JSONB, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        *_letter_columns(),
        sa.UniqueConstraint("party_id", "key", name="submissions_once_a_key"),
        sa.UniqueConstraint("trader_id", "reference", name="submissions_once_a_reference"),
    )
    op.create_index("submissions_due", "submissions", ["due_at"], postgresql_where=sa.text("settled_at IS NULL"))


def _letter_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("settled_at", TIME, nullable=True),
    )


def downgrade() -> None:
    op.execute("REVOKE ALL ON alembic_version FROM gateway_runner")
    for table in (
        "submissions",
        "kept_answers",
        "credentials",
        "party_letters",
        "party_versions",
        "party_identifiers",
        "parties",
        "people_revision",
    ):
        op.drop_table(table)
