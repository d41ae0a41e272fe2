"""Send mandates to notifications too, which decides with them what an agent may receive again."""

import sqlalchemy as sa
from alembic import op

revision = "0010_mandates_to_notifications"
down_revision = "0009_changed_columns"
branch_labels = None
depends_on = None

SEND_ALL = """
    INSERT INTO outbox_mandates (id, destination, mandate, due_at)
    SELECT gen_random_uuid(), 'notifications', jsonb_build_object(
        'id', id, 'trader', trader_id, 'agent', agent_id, 'first_day', first_day, 'last_day', last_day,
        'active', accepted_at IS NOT NULL AND revoked_at IS NULL, 'revision', revision
    ), now()
    FROM mandates
"""


def upgrade() -> None:
    op.add_column("outbox_mandates", sa.Column("destination", sa.Text, nullable=False, server_default="permits"))
    op.create_check_constraint(
        "outbox_mandates_known_destination", "outbox_mandates", "destination IN ('permits', 'notifications')"
    )
    op.execute(SEND_ALL)


def downgrade() -> None:
    op.execute("DELETE FROM outbox_mandates WHERE destination <> 'permits'")
    op.drop_column("outbox_mandates", "destination")
