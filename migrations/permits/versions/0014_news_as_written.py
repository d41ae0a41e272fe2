"""News is kept as the text it was written as: nobody asks into it, and parsing it was a tenth of writing it down."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE news ALTER COLUMN data TYPE text, ALTER COLUMN audience TYPE text")


def downgrade() -> None:
    op.execute(
        "ALTER TABLE news ALTER COLUMN data TYPE jsonb USING data::jsonb,"
        " ALTER COLUMN audience TYPE jsonb USING audience::jsonb"
    )
