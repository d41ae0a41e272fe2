"""An application names the trader it is made for beside the party that made it: an agent may, under a mandate."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("trader_id", sa.UUID()))
    op.execute("UPDATE applications SET trader_id = party_id")
    op.alter_column("applications", "trader_id", nullable=False)
    op.create_index("applications_trader", "applications", ["trader_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("applications_trader", table_name="applications")
    op.drop_column("applications", "trader_id")
