"""Store the permits that one person proposed, where the policy of the country requires two people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0006_permit_proposals"
down_revision = "0005_comparison_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "permit_proposals",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("permit_proposals_digest", "permit_proposals", ["country", "digest"])
    op.execute("GRANT SELECT, INSERT ON permit_proposals TO permits_runner")


def downgrade() -> None:
    op.drop_table("permit_proposals")
