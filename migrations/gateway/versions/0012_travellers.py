"""Store which person of customs lodged a submission for a traveller. Traders and agents lodged all others."""

import sqlalchemy as sa
from alembic import op

revision = "0012_travellers"
down_revision = "0011_reconciliation_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("officer", sa.Text, nullable=True))


def downgrade() -> None:
    op.drop_column("submissions", "officer")
