"""What a quota was, load by load, so that it can be asked for as it stood on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_amounts",
        sa.Column("quota_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["quota_id"], ["quotas.id"]),
        sa.PrimaryKeyConstraint("quota_id", "version"),
    )
    op.execute("GRANT SELECT, INSERT ON quota_amounts TO permits_runner")
    op.execute("INSERT INTO quota_amounts SELECT id, version, starts, amount, note FROM quotas")


def downgrade() -> None:
    op.drop_table("quota_amounts")
