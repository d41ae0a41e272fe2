"""Store whether the codes of a suspension are covered by it or exempt from it. Stored suspensions cover their codes.

A new column with a constant default does not rewrite the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_suspension_codes"
down_revision = "0013_reconciliation_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suspensions", sa.Column("codes_reading", sa.Text, nullable=False, server_default="covered"))


def downgrade() -> None:
    op.drop_column("suspensions", "codes_reading")
