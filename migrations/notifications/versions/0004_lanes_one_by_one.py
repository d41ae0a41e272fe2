"""The index of what is due has an entry a lane, so that finding the first reads a few and not a page full of them."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER INDEX lanes_due SET (deduplicate_items = off)")
    op.execute("REINDEX INDEX lanes_due")


def downgrade() -> None:
    op.execute("ALTER INDEX lanes_due RESET (deduplicate_items)")
