"""Store the windows after alerts about second uses, and the attempts that the next alert counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0011_second_use_alerts"
down_revision = "0010_changed_columns"
branch_labels = None
depends_on = None

TIMESTAMP = sa.DateTime(timezone=True)
CHANGED_COLUMNS = (
    "window_began_at, window_seconds, held_count, first_attempt_at, last_attempt_at, party_id, is_named, attempts"
)


def upgrade() -> None:
    op.create_table(
        "second_use_alerts",
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("movement", sa.Text, primary_key=True),
        sa.Column("trader_id", UUID, primary_key=True),
        sa.Column("window_began_at", TIMESTAMP, nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("window_seconds", sa.Integer, nullable=False),
        sa.Column("held_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_attempt_at", TIMESTAMP),
        sa.Column("last_attempt_at", TIMESTAMP),
        sa.Column("party_id", UUID),
        sa.Column("is_named", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("attempts", JSONB, nullable=False, server_default="[]"),
        sa.CheckConstraint("(held_count > 0) = (first_attempt_at IS NOT NULL)", name="held_attempts_have_times"),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE, UPDATE ({CHANGED_COLUMNS}) ON second_use_alerts TO permits_runner")


def downgrade() -> None:
    op.drop_table("second_use_alerts")
