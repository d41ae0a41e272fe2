"""Let notifications update only the columns that change, and delete no rate limit."""

from alembic import op

revision = "0008_changed_columns"
down_revision = "0007_holder_bodies"
branch_labels = None
depends_on = None

CHANGED_COLUMNS = {
    "parties": "version, disabled, updated_at",
    "feed_counter": "position",
    "subjects": "last_sequence",
    "rate_limits": "next_send_at, cooldown_until",
    "failure_streaks": "days, last_day",
    "delivery_queues": "due_at, attempts, claim",
}


def upgrade() -> None:
    for table, columns in CHANGED_COLUMNS.items():
        op.execute(f"REVOKE UPDATE ON {table} FROM notifications_runner")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO notifications_runner")
    op.execute("REVOKE DELETE ON rate_limits FROM notifications_runner")


def downgrade() -> None:
    for table in CHANGED_COLUMNS:
        op.execute(f"GRANT UPDATE ON {table} TO notifications_runner")
    op.execute("GRANT DELETE ON rate_limits TO notifications_runner")
