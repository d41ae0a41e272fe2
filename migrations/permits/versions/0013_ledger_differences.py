"""Where a balance differs from what its entries say is kept until it agrees again, for a monitor to see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_differences",
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kept", JSONB(), nullable=False),
        sa.Column("entries_say", JSONB(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["permit_id", "line"], ["permit_lines.permit_id", "permit_lines.line"]),
        sa.PrimaryKeyConstraint("permit_id", "line"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_differences TO permits_runner")


def downgrade() -> None:
    op.drop_table("ledger_differences")
