"""The first tables of permits: the registry with its ledger, declarations on file, news, commands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

READ_AND_ADD = ("permit_history", "permit_watchers", "declaration_history", "ledger")
"""Nothing that was recorded is changed or deleted, not even by the service itself."""
ALSO_CHANGE = ("permits", "permit_lines", "declarations", "citations", "news", "commands", "parties")


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("commands_at", "commands", ["at"], unique=False)
    op.create_table(
        "declarations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("trader_id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("export_country", sa.Text(), nullable=False),
        sa.Column("import_country", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("trader_id", "reference", name="declarations_reference_key"),
    )
    op.create_index("declarations_export_country", "declarations", ["export_country", "id"], unique=False)
    op.create_index("declarations_import_country", "declarations", ["import_country", "id"], unique=False)
    op.create_index("declarations_party", "declarations", ["party_id", "id"], unique=False)
    op.create_index("declarations_trader", "declarations", ["trader_id", "id"], unique=False)
    op.create_table(
        "news",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "sequence", name="news_subject_sequence_key"),
    )
    op.create_index("news_due", "news", ["due_at"], unique=False, postgresql_where=sa.text("settled_at IS NULL"))
    op.create_table(
        "parties",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("parties_country", "parties", ["country"], unique=False)
    op.create_table(
        "permits",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("exporter_identifier", sa.Text(), nullable=True),
        sa.Column("importer_identifier", sa.Text(), nullable=True),
        sa.Column("export_country", sa.Text(), nullable=False),
        sa.Column("import_country", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_by", sa.UUID(), nullable=False),
        sa.Column("registering_country", sa.Text(), nullable=False),
        sa.Column("endorsed", sa.Boolean(), nullable=False),
        sa.Column("transport_documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issuer", "number", name="permits_issuer_number_key"),
    )
    op.create_index("permits_export_country", "permits", ["export_country", "id"], unique=False)
    op.create_index("permits_exporter", "permits", ["exporter_identifier", "id"], unique=False)
    op.create_index("permits_import_country", "permits", ["import_country", "id"], unique=False)
    op.create_index("permits_importer", "permits", ["importer_identifier", "id"], unique=False)
    op.create_index("permits_number", "permits", ["number"], unique=False)
    op.create_table(
        "citations",
        sa.Column("declaration_id", sa.UUID(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("asked", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column("used", sa.Numeric(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("transport_document", sa.Text(), nullable=True),
        sa.Column("lodged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reserved >= 0 AND used >= 0", name="citations_not_negative"),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["declarations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["permit_id"],
            ["permits.id"],
        ),
        sa.PrimaryKeyConstraint("declaration_id", "item", "permit_id", "line"),
    )
    op.create_index("citations_permit", "citations", ["permit_id", "line"], unique=False)
    op.create_table(
        "declaration_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("declaration_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["declarations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("declaration_id", "sequence", name="declaration_history_sequence_key"),
    )
    op.create_table(
        "permit_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permit_id"],
            ["permits.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permit_id", "sequence", name="permit_history_sequence_key"),
    )
    op.create_table(
        "permit_lines",
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("taxon", sa.Text(), nullable=False),
        sa.Column("appendix", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("origin_country", sa.Text(), nullable=True),
        sa.Column("origin_permit", sa.Text(), nullable=True),
        sa.Column("granted", sa.Numeric(), nullable=False),
        sa.Column("endorsed", sa.Numeric(), nullable=True),
        sa.Column("export_consented", sa.Numeric(), nullable=False),
        sa.Column("import_consented", sa.Numeric(), nullable=False),
        sa.Column("export_reserved", sa.Numeric(), nullable=False),
        sa.Column("import_reserved", sa.Numeric(), nullable=False),
        sa.Column("import_consumed", sa.Numeric(), nullable=False),
        sa.Column("export_closed", sa.Boolean(), nullable=False),
        sa.Column("import_closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "export_reserved + coalesce(endorsed, 0) <= granted + export_consented", name="export_not_overdrawn"
        ),
        sa.CheckConstraint("export_reserved >= 0 AND import_reserved >= 0", name="reserved_not_negative"),
        sa.CheckConstraint("granted > 0", name="granted_something"),
        sa.CheckConstraint("import_consumed >= 0 AND coalesce(endorsed, 0) >= 0", name="used_not_negative"),
        sa.CheckConstraint(
            "import_reserved + import_consumed <= coalesce(endorsed, granted) + import_consented",
            name="import_not_overdrawn",
        ),
        sa.ForeignKeyConstraint(
            ["permit_id"],
            ["permits.id"],
        ),
        sa.PrimaryKeyConstraint("permit_id", "line"),
    )
    op.create_index("permit_lines_taxon", "permit_lines", ["taxon"], unique=False)
    op.create_table(
        "permit_watchers",
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["permit_id"],
            ["permits.id"],
        ),
        sa.PrimaryKeyConstraint("permit_id", "party_id"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("declaration_id", sa.UUID(), nullable=True),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("dead_on_arrival", sa.Integer(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_party", sa.UUID(), nullable=True),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("quantity >= 0 OR kind = 'correct'", name="ledger_not_negative"),
        sa.ForeignKeyConstraint(
            ["permit_id", "line"],
            ["permit_lines.permit_id", "permit_lines.line"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ledger_day", "ledger", ["day", "side", "kind"], unique=False)
    op.create_index("ledger_line", "ledger", ["permit_id", "line", "number"], unique=False)
    for table in READ_AND_ADD:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO permits_runner")
    for table in ALSO_CHANGE:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO permits_runner")
    op.execute("GRANT DELETE ON citations, commands, news TO permits_runner")
    op.execute("GRANT SELECT ON alembic_version TO permits_runner")


def downgrade() -> None:
    op.drop_index("ledger_line", table_name="ledger")
    op.drop_index("ledger_day", table_name="ledger")
    op.drop_table("ledger")
    op.drop_table("permit_watchers")
    op.drop_index("permit_lines_taxon", table_name="permit_lines")
    op.drop_table("permit_lines")
    op.drop_table("permit_history")
    op.drop_table("declaration_history")
    op.drop_index("citations_permit", table_name="citations")
    op.drop_table("citations")
    op.drop_index("permits_number", table_name="permits")
    op.drop_index("permits_importer", table_name="permits")
    op.drop_index("permits_import_country", table_name="permits")
    op.drop_index("permits_exporter", table_name="permits")
    op.drop_index("permits_export_country", table_name="permits")
    op.drop_table("permits")
    op.drop_index("parties_country", table_name="parties")
    op.drop_table("parties")
    op.drop_index("news_due", table_name="news", postgresql_where=sa.text("settled_at IS NULL"))
    op.drop_table("news")
    op.drop_index("declarations_trader", table_name="declarations")
    op.drop_index("declarations_party", table_name="declarations")
    op.drop_index("declarations_import_country", table_name="declarations")
    op.drop_index("declarations_export_country", table_name="declarations")
    op.drop_table("declarations")
    op.drop_index("commands_at", table_name="commands")
    op.drop_table("commands")
