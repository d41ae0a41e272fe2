"""An endpoint that is to prove itself by its owner's wish has to at each new address."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("verify", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.execute("UPDATE endpoints SET verify = true WHERE NOT proven AND status <> 'deleted'")


def downgrade() -> None:
    op.drop_column("endpoints", "verify")
