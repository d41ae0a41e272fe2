"""The life of a permit to its end: tokens, replacements, news of its end; and applications for permits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("permits", sa.Column("token", sa.LargeBinary(), nullable=True))
    op.add_column("permits", sa.Column("told", sa.Integer(), server_default="0", nullable=False))
    for name in ("replaces", "replaced_by"):
        op.add_column("permits", sa.Column(name, sa.UUID(), nullable=True))
        op.create_foreign_key(f"permits_{name}_fkey", "permits", "permits", [name], ["id"])
    op.create_index(
        "permits_to_tell",
        "permits",
        ["told", "valid_until"],
        postgresql_where=sa.text("told < 2 AND status IN ('issued', 'endorsed')"),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permit_id", sa.UUID(), nullable=True),
        sa.Column("assessment", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["permit_id"], ["permits.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("applications_party", "applications", ["party_id", "id"])
    op.create_index("applications_issuer", "applications", ["issuer", "status", "id"])
    op.create_table(
        "application_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "sequence", name="application_history_sequence_key"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON applications TO permits_runner")
    op.execute("GRANT SELECT, INSERT ON application_history TO permits_runner")


def downgrade() -> None:
    op.drop_table("application_history")
    op.drop_table("applications")
    op.drop_index("permits_to_tell", table_name="permits")
    for name in ("replaced_by", "replaces"):
        op.drop_constraint(f"permits_{name}_fkey", "permits")
        op.drop_column("permits", name)
    op.drop_column("permits", "told")
    op.drop_column("permits", "token")
