"""Store the state of the reconciliations, and name what they cannot mend."""

import sqlalchemy as sa
from alembic import op

revision = "0011_reconciliation_state"
down_revision = "0010_mandates_to_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("messages", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_again", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("adopted", sa.BigInteger, nullable=False, server_default="0"),
        sa.CheckConstraint("status IN ('running', 'done', 'failed')", name="reconciliations_status"),
    )
    op.create_table(
        "lost_messages",
        sa.Column("messages", sa.Text, primary_key=True),
        sa.Column("loss", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT ON reconciliations TO gateway_runner")
    op.execute("GRANT UPDATE (status, compared_at, sent_again, adopted) ON reconciliations TO gateway_runner")
    op.execute("GRANT SELECT, INSERT ON lost_messages TO gateway_runner")


def downgrade() -> None:
    op.drop_table("lost_messages")
    op.drop_table("reconciliations")
