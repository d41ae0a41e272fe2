"""Send mandates to permits, which decides with them what an agent reads and receives. All present mandates go first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0008_mandate_messages"
down_revision = "0007_accepted_mandates"
branch_labels = None
depends_on = None

SEND_ALL = """
    INSERT INTO outbox_mandates (id, mandate, due_at)
    SELECT gen_random_uuid(), jsonb_build_object(
        'id', id, 'trader', trader_id, 'agent', agent_id, 'first_day', first_day, 'last_day', last_day,
        'active', accepted_at IS NOT NULL AND revoked_at IS NULL, 'revision', revision
    ), now()
    FROM mandates
"""


def upgrade() -> None:
    op.create_table(
        "outbox_mandates",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("mandate", JSONB, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "outbox_mandates_due", "outbox_mandates", ["due_at"], postgresql_where=sa.text("settled_at IS NULL")
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (due_at, attempts, settled_at) ON outbox_mandates TO gateway_runner")
    op.execute(SEND_ALL)


def downgrade() -> None:
    op.drop_table("outbox_mandates")
