"""Crossings of permits that stay open, claims of what was counted already, consents by item, versions as they came."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("consented", "counted"):
        op.add_column("citations", sa.Column(name, sa.Numeric(), server_default="0", nullable=False))
    op.add_column("citations", sa.Column("counted_by", sa.UUID(), nullable=True))
    op.drop_constraint("citations_not_negative", "citations")
    op.create_check_constraint(
        "citations_not_negative", "citations", "reserved >= 0 AND used >= 0 AND consented >= 0 AND counted >= 0"
    )
    op.drop_constraint("ledger_not_negative", "ledger")
    op.create_check_constraint("ledger_not_negative", "ledger", "quantity >= 0 OR kind IN ('correct', 'recross')")
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


def downgrade() -> None:
    op.drop_table("declaration_versions")
    op.drop_constraint("ledger_not_negative", "ledger")
    op.create_check_constraint("ledger_not_negative", "ledger", "quantity >= 0 OR kind = 'correct'")
    op.drop_constraint("citations_not_negative", "citations")
    op.create_check_constraint("citations_not_negative", "citations", "reserved >= 0 AND used >= 0")
    for name in ("counted_by", "counted", "consented"):
        op.drop_column("citations", name)
