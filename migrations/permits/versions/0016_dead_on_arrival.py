"""How many of an item were dead on arrival stands with what it used, so that a correction is measured by it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LAST_TOLD = """
UPDATE citations c SET dead_on_arrival = told.dead_on_arrival
FROM (
    SELECT DISTINCT ON (declaration_id, item, permit_id, line) declaration_id, item, permit_id, line, dead_on_arrival
    FROM ledger WHERE dead_on_arrival IS NOT NULL
    ORDER BY declaration_id, item, permit_id, line, number DESC
) told
WHERE (c.declaration_id, c.item, c.permit_id, c.line) = (told.declaration_id, told.item, told.permit_id, told.line)
"""


def upgrade() -> None:
    op.add_column("citations", sa.Column("dead_on_arrival", sa.Integer()))
    op.execute(LAST_TOLD)


def downgrade() -> None:
    op.drop_column("citations", "dead_on_arrival")
