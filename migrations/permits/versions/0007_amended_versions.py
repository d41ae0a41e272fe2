"""Store the amendment that made each version of a declaration, so that the gateway finds the bytes of the version.

The last amendment of an existing declaration is known by its digest. A correction also raises the version, after the
last amendment: the number of amendments gives the version that the last one made.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_amended_versions"
down_revision = "0006_permit_proposals"
branch_labels = None
depends_on = None

BACKFILL = """
    INSERT INTO amended_versions (declaration_id, version, digest)
    SELECT d.id, h.amendments + 1, d.digest
    FROM declarations d
    JOIN (
        SELECT declaration_id, count(*) AS amendments FROM declaration_history
        WHERE event = 'declaration.amended' GROUP BY declaration_id
    ) AS h ON h.declaration_id = d.id
"""


def upgrade() -> None:
    op.create_table(
        "amended_versions",
        sa.Column("declaration_id", sa.Uuid, sa.ForeignKey("declarations.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("command_id", sa.Uuid, nullable=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.CheckConstraint("version >= 2", name="amended_versions_after_the_first"),
    )
    op.execute("GRANT SELECT, INSERT ON amended_versions TO permits_runner")
    op.execute(BACKFILL)


def downgrade() -> None:
    op.drop_table("amended_versions")
