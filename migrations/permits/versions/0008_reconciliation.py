"""Index the events by time, because a reconciliation compares those of a period with notifications.

The table grows in the order of time, so a BRIN index has one entry for many rows and costs an insert nothing.
"""

from alembic import op

revision = "0008_reconciliation"
down_revision = "0007_amended_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("outbox_events_at", "outbox_events", ["at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("outbox_events_at", "outbox_events")
