"""Store a copy of the mandates, and for whom an agent cited a permit. Its rights end with its mandate."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0009_mandates"
down_revision = "0008_reconciliation"
branch_labels = None
depends_on = None

NAME_TRADERS = """
    UPDATE permit_watchers SET trader_id = d.trader_id
    FROM citations c JOIN declarations d ON d.id = c.declaration_id
    WHERE c.permit_id = permit_watchers.permit_id AND d.party_id = permit_watchers.party_id
          AND d.trader_id <> d.party_id
"""
"""An agent that also cited the permit for itself, or read it by token, cites or reads it again."""


def upgrade() -> None:
    op.create_table(
        "mandates",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("trader_id", UUID, nullable=False),
        sa.Column("agent_id", UUID, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("mandates_agent", "mandates", ["agent_id", "trader_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE (active, revision) ON mandates TO permits_runner")
    op.add_column("permit_watchers", sa.Column("trader_id", UUID))
    op.execute(NAME_TRADERS)
    op.drop_constraint("permit_watchers_pkey", "permit_watchers", type_="primary")
    op.create_unique_constraint(
        "permit_watchers_key",
        "permit_watchers",
        ["permit_id", "party_id", "trader_id"],
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.execute("""
        DELETE FROM permit_watchers w USING permit_watchers o
        WHERE o.permit_id = w.permit_id AND o.party_id = w.party_id AND o.ctid < w.ctid
    """)
    op.drop_constraint("permit_watchers_key", "permit_watchers", type_="unique")
    op.drop_column("permit_watchers", "trader_id")
    op.create_primary_key("permit_watchers_pkey", "permit_watchers", ["permit_id", "party_id"])
    op.drop_table("mandates")
