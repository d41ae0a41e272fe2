"""Keep the person of a credential through its rotations.

A rotation wrote the new credential and the end of the old one under one revision. A credential that changed later has
another revision by now: its rotation is no longer known, and it counts as a person of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_persons"
down_revision = "0003_comparison_keys"
branch_labels = None
depends_on = None

NAME_PERSONS = """
    WITH RECURSIVE line AS (
        SELECT c.client_id, c.client_id AS person FROM credentials c
        WHERE NOT EXISTS (
            SELECT FROM credentials o
            WHERE o.party_id = c.party_id AND o.revision = c.revision AND o.made_at < c.made_at
        )
        UNION ALL
        SELECT n.client_id, line.person
        FROM line JOIN credentials o ON o.client_id = line.client_id
             JOIN credentials n ON n.party_id = o.party_id AND n.revision = o.revision AND n.made_at > o.made_at
    )
    UPDATE credentials SET person = line.person FROM line WHERE line.client_id = credentials.client_id
"""


def upgrade() -> None:
    op.add_column("credentials", sa.Column("person", sa.Text))
    op.execute(NAME_PERSONS)
    op.alter_column("credentials", "person", nullable=False)


def downgrade() -> None:
    op.drop_column("credentials", "person")
