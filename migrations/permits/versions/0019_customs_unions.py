"""Store the country of a customs office outside the deciding country, whose customs a policy may let act.

Stored declarations have none until they change, so only customs of the deciding country decides them, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_customs_unions"
down_revision = "0018_transit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declarations", sa.Column("acting_country", sa.Text))
    op.create_index("declarations_acting_country", "declarations", ["acting_country", "id"])
    op.execute("GRANT UPDATE (acting_country) ON declarations TO permits_runner")


def downgrade() -> None:
    op.drop_index("declarations_acting_country", "declarations")
    op.drop_column("declarations", "acting_country")
