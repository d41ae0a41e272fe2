"""Compare the references of submissions by their keys.

Two rows of before may have one key. The oldest keeps it. Each later one gets the key, a blank and its id, which no
reference has, so that the migration does not stop.
"""

import sqlalchemy as sa
from alembic import op

from shared.contracts.comparison import comparison_key

revision = "0003_comparison_keys"
down_revision = "0002_identifiers_by_country"
branch_labels = None
depends_on = None

BATCH_ROWS = 5_000
FIRST_ID = "00000000-0000-0000-0000-000000000000"
LIST_ROWS = "SELECT id, reference FROM submissions WHERE id > CAST(:after AS uuid) ORDER BY id LIMIT :row_limit"
WRITE_KEYS = """
    UPDATE submissions SET reference_key = given.key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[])) AS given(id, key) WHERE submissions.id = given.id
"""
MARK_LATER_ROWS = """
    UPDATE submissions SET reference_key = submissions.reference_key || ' ' || submissions.id
    FROM (
        SELECT id, row_number() OVER (PARTITION BY trader_id, reference_key ORDER BY id) AS place FROM submissions
    ) AS ranked
    WHERE ranked.id = submissions.id AND ranked.place > 1
"""


def upgrade() -> None:
    op.add_column("submissions", sa.Column("reference_key", sa.Text))
    conn, after = op.get_bind(), FIRST_ID
    while rows := conn.execute(sa.text(LIST_ROWS), {"after": after, "row_limit": BATCH_ROWS}).all():
        keys = [comparison_key(row.reference) for row in rows]
        conn.execute(sa.text(WRITE_KEYS), {"ids": [row.id for row in rows], "keys": keys})
        after = rows[-1].id
    op.execute(MARK_LATER_ROWS)
    _make_unique("reference_key")


def downgrade() -> None:
    _make_unique("reference")
    op.drop_column("submissions", "reference_key")


def _make_unique(column: str) -> None:
    op.alter_column("submissions", column, nullable=False)
    op.drop_constraint("submissions_unique_reference", "submissions", type_="unique")
    op.create_unique_constraint("submissions_unique_reference", "submissions", ["trader_id", column])
