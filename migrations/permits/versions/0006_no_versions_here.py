"""The bytes of a declaration's versions are kept by the gateway, where they came in: the table for them here goes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("declaration_versions")


def downgrade() -> None:
    op.create_table(
        "declaration_versions",
        sa.Column("declaration_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["declaration_id"], ["declarations.id"]),
        sa.PrimaryKeyConstraint("declaration_id", "version"),
    )
    op.execute("GRANT SELECT, INSERT ON declaration_versions TO permits_runner")
