"""Store a body of their own for holders, from whom an event hides another trader's declaration."""

import sqlalchemy as sa
from alembic import op

revision = "0007_holder_bodies"
down_revision = "0006_disabled_parties"
branch_labels = None
depends_on = None

HIDE = """
UPDATE events SET holder_body = CAST(
    jsonb_set(jsonb_set(jsonb_set(jsonb_set(
        CAST(body AS jsonb) #- '{data,attempts_omitted}',
        '{data,attempt_count}', to_jsonb(
            jsonb_array_length(CAST(body AS jsonb) #> '{data,attempts}')
            + coalesce(CAST(CAST(body AS jsonb) #>> '{data,attempts_omitted}' AS integer), 0))),
        '{data,declaration_id}', 'null'), '{data,reference}', 'null'), '{data,attempts}', '[]') AS text)
WHERE type = 'permit.second_use_attempted'
"""


def upgrade() -> None:
    op.add_column("events", sa.Column("holder_body", sa.Text, nullable=True))
    op.execute(HIDE)


def downgrade() -> None:
    op.drop_column("events", "holder_body")
