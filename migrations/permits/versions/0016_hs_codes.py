"""Store the HS codes that the administrator loads: which goods may be of listed species, in a country or in all."""

import sqlalchemy as sa
from alembic import op

revision = "0016_hs_codes"
down_revision = "0015_quota_periods"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hs_codes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("hs_code", sa.Text, nullable=False),
        sa.Column("concern", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("hs_codes_current", "hs_codes", ["key"], unique=True, postgresql_where=sa.text("until IS NULL"))
    op.create_index("hs_codes_country", "hs_codes", ["country"])
    op.execute("GRANT SELECT, INSERT, UPDATE (until) ON hs_codes TO permits_runner")


def downgrade() -> None:
    op.drop_table("hs_codes")
