"""Store the country of a transit and the day of its exit, by which offices find it and the hub finds overdue goods.

No stored declaration is a transit. The new columns are empty for all of them, so the table is not rewritten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_transit"
down_revision = "0017_travellers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declarations", sa.Column("transit_country", sa.Text))
    op.add_column("declarations", sa.Column("exit_due", sa.Date))
    op.create_index("declarations_transit_country", "declarations", ["transit_country", "id"])
    op.create_index(
        "declarations_exit_due",
        "declarations",
        ["exit_due"],
        postgresql_where=sa.text("status IN ('accepted', 'referred')"),
    )
    op.execute("GRANT UPDATE (transit_country, exit_due) ON declarations TO permits_runner")


def downgrade() -> None:
    op.drop_index("declarations_exit_due", "declarations")
    op.drop_index("declarations_transit_country", "declarations")
    op.drop_column("declarations", "exit_due")
    op.drop_column("declarations", "transit_country")
