"""What came in another format than JSON has its normalized form beside it; amended versions keep their bytes too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("normalized", sa.LargeBinary, nullable=True))
    op.create_table(
        "amendments",
        sa.Column("command_id", UUID, primary_key=True),
        sa.Column("declaration_id", UUID, nullable=False),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=True),
    )
    op.create_index("amendments_by_declaration", "amendments", ["declaration_id", "version"])
    op.execute("GRANT SELECT, INSERT, UPDATE (version) ON amendments TO gateway_runner")


def downgrade() -> None:
    op.drop_table("amendments")
    op.drop_column("submissions", "normalized")
