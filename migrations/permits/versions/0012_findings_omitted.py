"""Store how many findings of a declaration are not stored, so that its summary in a list shows it too.

The last finding counts them in words, such as "12 more". A new column with a constant default does not rewrite the
table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_findings_omitted"
down_revision = "0011_second_use_alerts"
branch_labels = None
depends_on = None

COUNTING = """$[*] ? (@."rule" == "findings-omitted" || @."rule" == "notes-omitted")"""
COUNT = f"""
    UPDATE declarations SET findings_omitted =
        CAST(split_part(jsonb_path_query_first(findings, '{COUNTING}."found"') #>> '{{}}', ' ', 1) AS integer)
    WHERE findings @? '{COUNTING}'
"""


def upgrade() -> None:
    op.add_column("declarations", sa.Column("findings_omitted", sa.Integer, nullable=False, server_default="0"))
    op.execute(COUNT)
    op.execute("GRANT UPDATE (findings_omitted) ON declarations TO permits_runner")


def downgrade() -> None:
    op.drop_column("declarations", "findings_omitted")
