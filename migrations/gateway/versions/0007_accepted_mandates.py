"""Store when an agent accepted a mandate. The agents of earlier mandates could act at once, so those are accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0007_accepted_mandates"
down_revision = "0006_disabled_parties"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mandates", sa.Column("accepted_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE mandates SET accepted_at = granted_at")
    op.execute("GRANT UPDATE (accepted_at) ON mandates TO gateway_runner")


def downgrade() -> None:
    op.drop_column("mandates", "accepted_at")
