"""Create the tables of permits: permits, ledger, declarations, applications, reference data, events to send.

The owner of the database runs this file. The service connects as `permits_runner`, which gets only the privileges of
`GRANTS`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

TIMESTAMP = sa.DateTime(timezone=True)
KEY_TEXT = sa.Text(collation="C")
"""The type of keys that are searched by their beginning."""
GRANTS = (
    "SELECT ON alembic_version",
    "SELECT, INSERT, UPDATE ON parties",
    "SELECT, INSERT, UPDATE (status, body, location, version), DELETE ON commands",
    "SELECT, INSERT, UPDATE, DELETE ON outbox_events",
    "SELECT, INSERT, UPDATE ON permits",
    "SELECT, INSERT, UPDATE ON permit_lines",
    "SELECT, INSERT ON permit_history",
    "SELECT, INSERT ON permit_watchers",
    "SELECT, INSERT ON ledger",
    "SELECT, INSERT, UPDATE, DELETE ON balance_mismatches",
    "SELECT, INSERT, UPDATE ON declarations",
    "SELECT, INSERT ON declaration_history",
    "SELECT, INSERT, UPDATE, DELETE ON citations",
    "SELECT, INSERT, UPDATE ON applications",
    "SELECT, INSERT ON application_history",
    "SELECT, INSERT, UPDATE ON policies",
    "SELECT, INSERT ON policy_history",
    "SELECT, INSERT ON reference_loads",
    "SELECT, INSERT, UPDATE ON taxa",
    "SELECT, INSERT ON taxon_names",
    "SELECT, INSERT, UPDATE ON taxon_genera",
    "SELECT, INSERT, UPDATE ON suspensions",
    "SELECT, INSERT, UPDATE ON quotas",
    "SELECT, INSERT ON quota_amounts",
    "SELECT, INSERT ON quota_usage",
)
"""The service adds to history and ledger. It cannot change or delete what they hold."""
TABLES = (
    "parties",
    "commands",
    "outbox_events",
    "permits",
    "permit_lines",
    "permit_history",
    "permit_watchers",
    "ledger",
    "balance_mismatches",
    "declarations",
    "declaration_history",
    "citations",
    "applications",
    "application_history",
    "policies",
    "policy_history",
    "reference_loads",
    "taxa",
    "taxon_names",
    "taxon_genera",
    "suspensions",
    "quotas",
    "quota_amounts",
    "quota_usage",
)
"""The tables in the order of their creation: a table follows the tables that it refers to."""

DELETE_EXPIRED_COMMANDS = """
CREATE FUNCTION delete_expired_commands(row_limit integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH deleted AS (
        DELETE FROM public.commands WHERE id = ANY (ARRAY(
            SELECT id FROM public.commands WHERE at < now() - interval '8 days'
            ORDER BY at LIMIT row_limit FOR UPDATE SKIP LOCKED
        )) RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
"""
"""Delete the oldest commands, if they are older than eight days. Return the number of deleted commands."""


def upgrade() -> None:
    _create_messaging()
    _create_permits()
    _create_ledger()
    _create_declarations()
    _create_applications()
    _create_policies()
    _create_species_listings()
    _create_suspensions()
    _create_quotas()
    for grant in GRANTS:
        op.execute(f"GRANT {grant} TO permits_runner")
    op.execute(DELETE_EXPIRED_COMMANDS)
    op.execute("REVOKE ALL ON FUNCTION delete_expired_commands(integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION delete_expired_commands(integer) TO permits_runner")


def downgrade() -> None:
    """Drop every table. The roles stay: they belong to the server, not to this database."""
    op.execute("REVOKE SELECT ON alembic_version FROM permits_runner")
    op.execute("DROP FUNCTION delete_expired_commands(integer)")
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_messaging() -> None:
    op.create_table(
        "parties",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("roles", JSONB, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_index("parties_country", "parties", ["country"])
    op.create_table(
        "commands",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.Text),
        sa.Column("location", sa.Text),
        sa.Column("version", sa.Integer),
    )
    op.create_index("commands_at", "commands", ["at"])
    op.create_table(
        "outbox_events",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("due_at", TIMESTAMP, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("settled_at", TIMESTAMP),
        sa.UniqueConstraint("subject", "sequence", name="outbox_events_subject_sequence_key"),
    )
    not_settled = sa.text("settled_at IS NULL")
    op.create_index("outbox_events_due", "outbox_events", ["due_at"], postgresql_where=not_settled)


def _create_permits() -> None:
    op.create_table(
        "permits",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("exporter_identifier", sa.Text),
        sa.Column("importer_identifier", sa.Text),
        sa.Column("export_country", sa.Text, nullable=False),
        sa.Column("import_country", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("registered_by", UUID, nullable=False),
        sa.Column("registering_country", sa.Text, nullable=False),
        sa.Column("endorsed", sa.Boolean, nullable=False),
        sa.Column("transport_documents", JSONB, nullable=False),
        sa.Column("token_digest", sa.LargeBinary),
        sa.Column("replaces", UUID, sa.ForeignKey("permits.id")),
        sa.Column("replaced_by", UUID, sa.ForeignKey("permits.id")),
        sa.Column("notice_level", sa.Integer, nullable=False, server_default="0"),
        sa.Column("search_words", JSONB, nullable=False, server_default="[]"),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("issuer", "number", name="permits_issuer_number_key"),
    )
    op.create_index("permits_number", "permits", ["number"])
    op.create_index("permits_search_words", "permits", ["search_words"], postgresql_using="gin")
    op.create_index("permits_status", "permits", ["status", "id"])
    op.create_index("permits_issued_on", "permits", ["issued_on"])
    op.create_index("permits_valid_until", "permits", ["valid_until"])
    notice_due = sa.text("notice_level < 2 AND status IN ('issued', 'endorsed')")
    op.create_index("permits_notice_due", "permits", ["notice_level", "valid_until"], postgresql_where=notice_due)
    op.create_index("permits_exporter", "permits", ["exporter_identifier", "id"])
    op.create_index("permits_importer", "permits", ["importer_identifier", "id"])
    op.create_index("permits_export_country", "permits", ["export_country", "id"])
    op.create_index("permits_import_country", "permits", ["import_country", "id"])
    op.create_table(
        "permit_lines",
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("taxon", sa.Text, nullable=False),
        sa.Column("appendix", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("origin_country", sa.Text),
        sa.Column("origin_permit", sa.Text),
        sa.Column("granted", sa.Numeric, nullable=False),
        sa.Column("endorsed", sa.Numeric),
        sa.Column("export_consented", sa.Numeric, nullable=False),
        sa.Column("import_consented", sa.Numeric, nullable=False),
        sa.Column("export_reserved", sa.Numeric, nullable=False),
        sa.Column("import_reserved", sa.Numeric, nullable=False),
        sa.Column("import_consumed", sa.Numeric, nullable=False),
        sa.Column("export_closed", sa.Boolean, nullable=False),
        sa.Column("import_closed", sa.Boolean, nullable=False),
        sa.CheckConstraint("granted > 0", name="granted_positive"),
        sa.CheckConstraint("export_reserved >= 0 AND import_reserved >= 0", name="reserved_not_negative"),
        sa.CheckConstraint("import_consumed >= 0 AND coalesce(endorsed, 0) >= 0", name="used_not_negative"),
        sa.CheckConstraint(
            "export_reserved + coalesce(endorsed, 0) <= granted + export_consented", name="export_not_overdrawn"
        ),
        sa.CheckConstraint(
            "import_reserved + import_consumed <= coalesce(endorsed, granted) + import_consented",
            name="import_not_overdrawn",
        ),
    )
    op.create_index("permit_lines_taxon", "permit_lines", ["taxon"])
    _create_history("permit")
    op.create_table(
        "permit_watchers",
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("party_id", UUID, primary_key=True),
        sa.Column("since", TIMESTAMP, nullable=False),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("permit_id", UUID, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("quantity", sa.Numeric, nullable=False),
        sa.Column("closes", sa.Boolean, nullable=False),
        sa.Column("opens", sa.Boolean, nullable=False),
        sa.Column("value_date", sa.Date, nullable=False),
        sa.Column("declaration_id", UUID),
        sa.Column("item", sa.Integer),
        sa.Column("dead_on_arrival", sa.Integer),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("actor_party_id", UUID),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        _permit_line_reference(),
        sa.CheckConstraint("quantity >= 0 OR kind IN ('correct', 'recross')", name="ledger_not_negative"),
    )
    op.create_index("ledger_line", "ledger", ["permit_id", "line", "number"])
    op.create_index("ledger_value_date", "ledger", ["value_date", "side", "kind"])
    op.create_table(
        "balance_mismatches",
        sa.Column("permit_id", UUID, primary_key=True),
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("stored", JSONB, nullable=False),
        sa.Column("computed", JSONB, nullable=False),
        sa.Column("since", TIMESTAMP, nullable=False),
        _permit_line_reference(),
    )


def _create_declarations() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("trader_id", UUID, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("movement", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("export_country", sa.Text, nullable=False),
        sa.Column("import_country", sa.Text, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("search_words", JSONB, nullable=False, server_default="[]"),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("trader_id", "reference", name="declarations_reference_key"),
    )
    op.create_index("declarations_reference", "declarations", ["reference"])
    op.create_index("declarations_search_words", "declarations", ["search_words"], postgresql_using="gin")
    op.create_index("declarations_status", "declarations", ["status", "id"])
    op.create_index("declarations_received_at", "declarations", ["received_at"])
    op.create_index("declarations_party", "declarations", ["party_id", "id"])
    referred = sa.text("status = 'referred'")
    op.create_index("declarations_referred", "declarations", ["id"], postgresql_where=referred)
    op.create_index("declarations_trader", "declarations", ["trader_id", "id"])
    op.create_index("declarations_export_country", "declarations", ["export_country", "id"])
    op.create_index("declarations_import_country", "declarations", ["import_country", "id"])
    _create_history("declaration")
    op.create_table(
        "citations",
        sa.Column("declaration_id", UUID, sa.ForeignKey("declarations.id"), primary_key=True),
        sa.Column("item", sa.Integer, primary_key=True),
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("requested", sa.Numeric, nullable=False),
        sa.Column("reserved", sa.Numeric, nullable=False),
        sa.Column("used", sa.Numeric, nullable=False),
        sa.Column("used_on", sa.Date),
        sa.Column("transport_document", sa.Text),
        sa.Column("lodged_at", TIMESTAMP, nullable=False),
        sa.Column("consented", sa.Numeric, nullable=False, server_default="0"),
        sa.Column("consent_used", sa.Numeric, nullable=False, server_default="0"),
        sa.Column("counted_elsewhere", sa.Numeric, nullable=False, server_default="0"),
        sa.Column("counted_by", UUID),
        sa.Column("dead_on_arrival", sa.Integer),
        sa.CheckConstraint(
            "reserved >= 0 AND used >= 0 AND consented >= 0 AND counted_elsewhere >= 0", name="citations_not_negative"
        ),
        sa.CheckConstraint(
            "consent_used >= 0 AND consent_used <= consented", name="citations_consent_used_within_consent"
        ),
    )
    op.create_index("citations_permit", "citations", ["permit_id", "line"])


def _create_applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("party_id", UUID, nullable=False),
        sa.Column("trader_id", UUID, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("submitted_at", TIMESTAMP, nullable=False),
        sa.Column("decided_at", TIMESTAMP),
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id")),
        sa.Column("assessment", JSONB),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("applications_party", "applications", ["party_id", "id"])
    op.create_index("applications_trader", "applications", ["trader_id", "id"])
    op.create_index("applications_issuer", "applications", ["issuer", "status", "id"])
    _create_history("application")


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("country", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
    )
    op.create_table(
        "policy_history",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("actor_party_id", UUID, nullable=False),
        sa.UniqueConstraint("country", "version", name="policy_history_version_key"),
    )


def _create_species_listings() -> None:
    op.create_table(
        "reference_loads",
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("holds_from", sa.Date, nullable=False),
        sa.Column("built_in", sa.Boolean, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("actor_party_id", UUID),
        sa.Column("report", JSONB, nullable=False),
    )
    op.create_table(
        "taxa",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("taxon_id", sa.Text, nullable=False),
        sa.Column("built_in", sa.Boolean, nullable=False),
        sa.Column("key", KEY_TEXT, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("rank", sa.Text, nullable=False),
        sa.Column("parts", JSONB, nullable=False),
        sa.Column("lineage", JSONB, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _create_current_index("taxa", "built_in", "taxon_id")
    op.create_table(
        "taxon_names",
        sa.Column("key", KEY_TEXT, primary_key=True),
        sa.Column("taxon", UUID, sa.ForeignKey("taxa.id"), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_table(
        "taxon_genera",
        sa.Column("genus", KEY_TEXT, primary_key=True),
        sa.Column("lineage", JSONB, nullable=False),
    )


def _create_suspensions() -> None:
    op.create_table(
        "suspensions",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        *_scope_columns(),
        sa.Column("applies_to_import", sa.Boolean, nullable=False),
        sa.Column("starts", sa.Date),
        sa.Column("ends", sa.Date),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _create_current_index("suspensions", "key")
    op.create_index("suspensions_country", "suspensions", ["country"])


def _create_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *_scope_columns(),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.Column("starts", sa.Date, nullable=False),
        sa.Column("ends", sa.Date, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("notice_level", sa.Integer, nullable=False),
        sa.CheckConstraint("amount >= 0", name="quotas_not_negative"),
    )
    op.create_index("quotas_country", "quotas", ["country", "taxon_key"])
    op.create_table(
        "quota_amounts",
        sa.Column("quota_id", UUID, sa.ForeignKey("quotas.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "quota_usage",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("quota_id", UUID, sa.ForeignKey("quotas.id"), nullable=False),
        sa.Column("permit_id", UUID, sa.ForeignKey("permits.id"), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("quantity", sa.Numeric, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.UniqueConstraint("quota_id", "permit_id", "line", name="quota_usage_line_key"),
    )
    op.create_index("quota_usage_permit", "quota_usage", ["permit_id"])


def _create_history(subject: str) -> None:
    """Create the history table of permits, declarations or applications: one row for each event."""
    op.create_table(
        f"{subject}_history",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column(f"{subject}_id", UUID, sa.ForeignKey(f"{subject}s.id"), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("from_status", sa.Text),
        sa.Column("to_status", sa.Text, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False),
        sa.Column("actor_party_id", UUID),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", JSONB),
        sa.UniqueConstraint(f"{subject}_id", "sequence", name=f"{subject}_history_sequence_key"),
    )


def _create_current_index(table: str, *columns: str) -> None:
    """Create the index that allows one current row for each entry of a list: the row without an end."""
    current = sa.text("until IS NULL")
    op.create_index(f"{table}_current", table, list(columns), unique=True, postgresql_where=current)


def _permit_line_reference() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["permit_id", "line"], ["permit_lines.permit_id", "permit_lines.line"])


def _scope_columns() -> list[sa.Column[Any]]:
    """Return the columns that name the goods of a suspension or quota; a list without codes means all."""
    return [
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("taxon", sa.Text, nullable=False),
        sa.Column("taxon_key", KEY_TEXT, nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("purposes", JSONB, nullable=False),
    ]
