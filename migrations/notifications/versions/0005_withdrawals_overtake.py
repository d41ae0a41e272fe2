"""Let the service move a withdrawal into a delivery queue of its own."""

from alembic import op

revision = "0005_withdrawals_overtake"
down_revision = "0004_failing_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT UPDATE (subject) ON deliveries TO notifications_runner")


def downgrade() -> None:
    """Return the withdrawals that have a queue of their own to the queues of their subjects."""
    op.execute("UPDATE deliveries SET subject = split_part(subject, ' ', 1) WHERE subject LIKE '% withdrawals'")
    op.execute(
        "INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)"
        " SELECT endpoint_id, split_part(subject, ' ', 1), due_at, 0 FROM delivery_queues"
        " WHERE subject LIKE '% withdrawals' ON CONFLICT DO NOTHING"
    )
    op.execute("DELETE FROM delivery_queues WHERE subject LIKE '% withdrawals'")
    op.execute("REVOKE UPDATE (subject) ON deliveries FROM notifications_runner")
