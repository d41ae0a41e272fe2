"""Count the days on which an endpoint fails. An endpoint that fails already begins with its first day."""

import sqlalchemy as sa
from alembic import op

revision = "0004_failing_days"
down_revision = "0003_comparison_keys"
branch_labels = None
depends_on = None

TODAY = sa.text("CAST(now() AT TIME ZONE 'UTC' AS date)")


def upgrade() -> None:
    op.add_column("failure_streaks", sa.Column("days", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("failure_streaks", sa.Column("last_day", sa.Date, nullable=False, server_default=TODAY))
    op.execute("UPDATE failure_streaks SET last_day = CAST(since AT TIME ZONE 'UTC' AS date)")


def downgrade() -> None:
    op.drop_column("failure_streaks", "last_day")
    op.drop_column("failure_streaks", "days")
