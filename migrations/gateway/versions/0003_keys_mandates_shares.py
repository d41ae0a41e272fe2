"""Credentials by public key or outside subject, with an end; used assertions; mandates; shares of the rate."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BIGINT, JSONB, UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
GRANTS = (
    "GRANT UPDATE (expires_at) ON credentials TO gateway_runner",
    "GRANT DELETE ON kept_answers TO gateway_runner",
    "GRANT SELECT, INSERT, DELETE ON used_assertions TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_by, revision) ON mandates TO gateway_runner",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON rate_shares TO gateway_runner",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _credentials()
    op.create_index("kept_answers_by_age", "kept_answers", ["kept_at"])
    op.create_table(
        "used_assertions",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name="used_assertions_pkey"),
    )
    op.create_index("used_assertions_by_end", "used_assertions", ["until"])
    _mandates()
    op.create_table(
        "rate_shares",
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("window_start", BIGINT, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "window_start", name="rate_shares_pkey"),
    )
    for grant in GRANTS:
        op.execute(grant)


def _credentials() -> None:
    op.alter_column("credentials", "secret_sha256", nullable=True)
    op.add_column("credentials", sa.Column("public_keys", JSONB, nullable=True))
    op.add_column("credentials", sa.Column("subject", sa.Text, nullable=True))
    op.add_column("credentials", sa.Column("expires_at", TIME, nullable=True))
    op.create_check_constraint(
        "credentials_prove_one_way", "credentials", "num_nonnulls(secret_sha256, public_keys, subject) = 1"
    )
    op.create_index(
        "credentials_one_a_subject",
        "credentials",
        ["subject"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND subject IS NOT NULL"),
    )


def _mandates() -> None:
    op.create_table(
        "mandates",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("trader_id", UUID, sa.ForeignKey("parties.id", name="mandates_trader"), nullable=False),
        sa.Column("agent_id", UUID, sa.ForeignKey("parties.id", name="mandates_agent"), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("granted_by", UUID, nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_by", UUID, nullable=True),
        sa.Column("revision", BIGINT, nullable=False),
        sa.CheckConstraint("trader_id <> agent_id", name="mandates_for_another"),
        sa.CheckConstraint("first_day <= last_day", name="mandates_days_in_order"),
    )
    op.create_index("mandates_by_trader", "mandates", ["trader_id"])
    op.create_index("mandates_by_agent", "mandates", ["agent_id"])
    op.create_index("mandates_by_revision", "mandates", ["revision"])


def downgrade() -> None:
    op.drop_table("rate_shares")
    op.drop_table("mandates")
    op.drop_table("used_assertions")
    op.drop_index("kept_answers_by_age", "kept_answers")
    op.execute("REVOKE DELETE ON kept_answers FROM gateway_runner")
    op.drop_index("credentials_one_a_subject", "credentials")
    op.drop_constraint("credentials_prove_one_way", "credentials")
    op.execute("DELETE FROM credentials WHERE secret_sha256 IS NULL")
    for name in ("expires_at", "subject", "public_keys"):
        op.drop_column("credentials", name)
    op.alter_column("credentials", "secret_sha256", nullable=False)
