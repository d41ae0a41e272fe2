"""Index the applications that wait for a decision by their trader, because their number is limited."""

import sqlalchemy as sa
from alembic import op

revision = "0004_open_applications"
down_revision = "0003_identifiers_by_country"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "applications_open",
        "applications",
        ["trader_id"],
        postgresql_where=sa.text("status IN ('submitted', 'queried')"),
    )


def downgrade() -> None:
    op.drop_index("applications_open", "applications")
