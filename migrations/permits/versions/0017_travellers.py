"""Store who of customs lodged a declaration for a traveller. Traders and agents lodged all declarations before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017_travellers"
down_revision = "0016_hs_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declarations", sa.Column("officers", JSONB, nullable=True))
    op.execute("GRANT UPDATE (officers) ON declarations TO permits_runner")


def downgrade() -> None:
    op.drop_column("declarations", "officers")
