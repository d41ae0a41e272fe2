"""What permits and declarations are searched by: words in one indexed column each, days of issue, states."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = r"btrim(regexp_replace(lower(%s), '\s+(spp|sp)\.?$', ''))"
OF_TAXON = f"""
    SELECT 'taxon:' || {NAME} AS word UNION SELECT 'taxon:' || split_part({NAME}, ' ', 1)"""
PERMITS = f"""
UPDATE permits p SET issued_on = (p.document ->> 'issued_on')::date, words = (
    SELECT coalesce(jsonb_agg(DISTINCT w.word), '[]') FROM permit_lines n,
    LATERAL ({OF_TAXON % (("n.taxon",) * 2)}) w WHERE n.permit_id = p.id)
"""
DECLARATIONS = f"""
UPDATE declarations d SET words = (
    SELECT coalesce(jsonb_agg(DISTINCT w.word), '[]') FROM (
        SELECT x.word FROM jsonb_array_elements(d.document -> 'items') i,
            LATERAL ({OF_TAXON % (("i ->> 'taxon'",) * 2)}) x
        UNION SELECT k.word FROM jsonb_array_elements(d.document -> 'items') i,
            jsonb_array_elements(i -> 'documents') c,
            LATERAL (VALUES ('permit:' || (c ->> 'number')), ('issuer:' || (c ->> 'issuer'))) AS k(word)
        UNION VALUES ('holder:' || (d.document #>> '{{exporter,identifier}}')),
            ('holder:' || (d.document #>> '{{importer,identifier}}'))
    ) w WHERE w.word IS NOT NULL)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("permits", sa.Column("issued_on", sa.Date(), nullable=True))
    for table in ("permits", "declarations"):
        words = sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
        op.add_column(table, words)
    op.execute(PERMITS)
    op.execute(DECLARATIONS)
    op.alter_column("permits", "issued_on", nullable=False)
    for table in ("permits", "declarations"):
        op.create_index(f"{table}_words", table, ["words"], postgresql_using="gin")
        op.create_index(f"{table}_status", table, ["status", "id"])
    op.create_index("permits_issued_on", "permits", ["issued_on"])
    op.create_index("declarations_received_at", "declarations", ["received_at"])


def downgrade() -> None:
    op.drop_index("declarations_received_at", table_name="declarations")
    op.drop_index("permits_issued_on", table_name="permits")
    for table in ("permits", "declarations"):
        op.drop_index(f"{table}_status", table_name=table)
        op.drop_index(f"{table}_words", table_name=table, postgresql_using="gin")
        op.drop_column(table, "words")
    op.drop_column("permits", "issued_on")
