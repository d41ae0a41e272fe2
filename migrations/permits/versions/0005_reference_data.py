"""The listing of species, suspensions and quotas, each loaded in versions; what permits take of a quota."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
STANDING = sa.text("until IS NULL")


def upgrade() -> None:
    op.create_table(
        "reference_loads",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("report", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("list", "version"),
    )
    op.create_table(
        "taxa",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("taxon_id", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("parts", JSONB, nullable=False),
        sa.Column("lineage", JSONB, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("taxa_standing", "taxa", ["own", "taxon_id"], unique=True, postgresql_where=STANDING)
    op.create_table(
        "taxon_names",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("taxon", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["taxon"], ["taxa.id"]),
        sa.PrimaryKeyConstraint("key", "taxon"),
    )
    op.create_table(
        "taxon_genera",
        sa.Column("genus", sa.Text(collation="C"), nullable=False),
        sa.Column("lineage", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("genus"),
    )
    op.create_table(
        "suspensions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("taxon", sa.Text(), nullable=False),
        sa.Column("taxon_key", sa.Text(collation="C"), nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("purposes", JSONB, nullable=False),
        sa.Column("applies_to_import", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("suspensions_standing", "suspensions", ["key"], unique=True, postgresql_where=STANDING)
    op.create_index("suspensions_country", "suspensions", ["country"], unique=False)
    op.create_table(
        "quotas",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("taxon", sa.Text(), nullable=False),
        sa.Column("taxon_key", sa.Text(collation="C"), nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("purposes", JSONB, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("notice_level", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0", name="quotas_not_negative"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("quotas_country", "quotas", ["country", "taxon_key"], unique=False)
    op.create_table(
        "quota_takings",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("quota_id", sa.UUID(), nullable=False),
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["permit_id"], ["permits.id"]),
        sa.ForeignKeyConstraint(["quota_id"], ["quotas.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("quota_id", "permit_id", "line", name="quota_takings_line_key"),
    )
    op.create_index("quota_takings_permit", "quota_takings", ["permit_id"], unique=False)
    for table in ("reference_loads", "quota_takings", "taxon_names"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO permits_runner")
    for table in ("taxa", "taxon_genera", "suspensions", "quotas"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO permits_runner")


def downgrade() -> None:
    for table in ("quota_takings", "quotas", "suspensions", "taxon_genera", "taxon_names", "taxa", "reference_loads"):
        op.drop_table(table)
