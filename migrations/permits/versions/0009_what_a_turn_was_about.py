"""A row of history says what its turn was about: the finding an officer settled, what was consented to, box 14."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("permit_history", "declaration_history", "application_history")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("detail", JSONB))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "detail")
