"""A declaration is found by its reference, whoever may read it asks; permits that are over, by their last day."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("declarations_reference", "declarations", ["reference"])
    op.create_index("permits_valid_until", "permits", ["valid_until"])


def downgrade() -> None:
    op.drop_index("permits_valid_until", "permits")
    op.drop_index("declarations_reference", "declarations")
