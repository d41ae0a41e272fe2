"""Let the gateway's next message about a disabled party replace its copy, because the copy has lost its audience keys.

A disabled party keeps its keys and grants from now on. The gateway sends these parties again, in its own migration.
"""

from alembic import op

revision = "0006_disabled_parties"
down_revision = "0005_withdrawals_overtake"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE parties SET version = 0 WHERE disabled")


def downgrade() -> None:
    pass
