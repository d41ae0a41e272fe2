"""Store a copy of the mandates, and name the agents of stored events as agents. Their rights end with the mandates.

Permits named the agent of a declaration or application second, after the trader. An event about a permit does not say
which of its parties followed the permit as an agent, so those parties stay as they are.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0009_mandates"
down_revision = "0008_changed_columns"
branch_labels = None
depends_on = None

AGENTS = """
    jsonb_build_object('agents', jsonb_build_array(jsonb_build_object(
        'agent', o.sender -> 'parties' -> 1, 'trader', o.sender -> 'parties' -> 0)))
"""
NAMES_AGENT = "jsonb_array_length(o.sender -> 'parties') = 2"
NAME_IN_ACKNOWLEDGEMENTS = f"""
    UPDATE events a SET audience = a.audience || {AGENTS}
        || jsonb_build_object('parties', (a.audience -> 'parties') - (o.sender -> 'parties' ->> 1))
    FROM events o
    WHERE a.type = 'event.acknowledged' AND o.id = CAST(substring(a.subject FROM 7) AS uuid) AND {NAMES_AGENT}
          AND jsonb_exists(a.audience -> 'parties', o.sender -> 'parties' ->> 1)
"""
NAME_IN_EVENTS = f"""
    UPDATE events o SET
        audience = o.audience || {AGENTS}
            || jsonb_build_object('parties', (o.audience -> 'parties') - (o.sender -> 'parties' ->> 1)),
        sender = o.sender || {AGENTS}
            || jsonb_build_object('parties', jsonb_build_array(o.sender -> 'parties' -> 0))
    WHERE {NAMES_AGENT}
"""


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
    op.execute("GRANT SELECT, INSERT, UPDATE (active, revision) ON mandates TO notifications_runner")
    op.execute(NAME_IN_ACKNOWLEDGEMENTS)
    op.execute(NAME_IN_EVENTS)


def downgrade() -> None:
    """Drop the copy. The agents stay named as agents: the feed and the deliveries have their events already."""
    op.drop_table("mandates")
