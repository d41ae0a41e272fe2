"""What is referred is found at once, to be checked again when its answer may have come."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("status = 'referred'")
    op.create_index("declarations_referred", "declarations", ["id"], unique=False, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("declarations_referred", table_name="declarations")
