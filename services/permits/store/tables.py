"""The tables of the permits database; what must be unique or never negative is a constraint here too."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store import applying, law
from shared.outbox import letter_columns

metadata = law.policies.metadata
applications, application_history = applying.applications, applying.application_history

TO_TELL = "told < 2 AND status IN ('issued', 'endorsed')"
"""Permits whose end was not told of yet, and that may still end by their dates."""

permits = Table(
    "permits",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("exporter_identifier", Text),
    Column("importer_identifier", Text),
    Column("export_country", Text, nullable=False),
    Column("import_country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("registered_by", UUID(as_uuid=True), nullable=False),
    Column("registering_country", Text, nullable=False),
    Column("endorsed", Boolean, nullable=False),
    Column("transport_documents", JSONB, nullable=False),
    Column("token", LargeBinary),
    Column("replaces", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("replaced_by", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("words", JSONB, nullable=False, server_default="[]"),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("issuer", "number", name="permits_issuer_number_key"),
    Index("permits_number", "number"),
    Index("permits_words", "words", postgresql_using="gin"),
    Index("permits_status", "status", "id"),
    Index("permits_issued_on", "issued_on"),
    Index("permits_to_tell", "told", "valid_until", postgresql_where=text(TO_TELL)),
    Index("permits_exporter", "exporter_identifier", "id"),
    Index("permits_importer", "importer_identifier", "id"),
    Index("permits_export_country", "export_country", "id"),
    Index("permits_import_country", "import_country", "id"),
)

permit_lines = Table(
    "permit_lines",
    metadata,
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("taxon", Text, nullable=False),
    Column("appendix", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("origin_country", Text),
    Column("origin_permit", Text),
    Column("granted", Numeric, nullable=False),
    Column("endorsed", Numeric),
    Column("export_consented", Numeric, nullable=False),
    Column("import_consented", Numeric, nullable=False),
    Column("export_reserved", Numeric, nullable=False),
    Column("import_reserved", Numeric, nullable=False),
    Column("import_consumed", Numeric, nullable=False),
    Column("export_closed", Boolean, nullable=False),
    Column("import_closed", Boolean, nullable=False),
    CheckConstraint("granted > 0", name="granted_something"),
    CheckConstraint("export_reserved >= 0 AND import_reserved >= 0", name="reserved_not_negative"),
    CheckConstraint("import_consumed >= 0 AND coalesce(endorsed, 0) >= 0", name="used_not_negative"),
    CheckConstraint(
        "export_reserved + coalesce(endorsed, 0) <= granted + export_consented", name="export_not_overdrawn"
    ),
    CheckConstraint(
        "import_reserved + import_consumed <= coalesce(endorsed, granted) + import_consented",
        name="import_not_overdrawn",
    ),
    Index("permit_lines_taxon", "taxon"),
)


def _history(thing: str) -> Table:
    """Make the table of what became of a permit or a declaration: one row a move, never changed."""
    return Table(
        f"{thing}_history",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column(f"{thing}_id", UUID(as_uuid=True), ForeignKey(f"{thing}s.id"), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("event", Text, nullable=False),
        Column("from_status", Text),
        Column("to_status", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by_party", UUID(as_uuid=True)),
        Column("by_role", Text, nullable=False),
        Column("reason", Text),
        Column("detail", JSONB),
        UniqueConstraint(f"{thing}_id", "sequence", name=f"{thing}_history_sequence_key"),
    )


permit_history = _history("permit")

permit_watchers = Table(
    "permit_watchers",
    metadata,
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), primary_key=True),
    Column("party_id", UUID(as_uuid=True), primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)

declarations = Table(
    "declarations",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("trader_id", UUID(as_uuid=True), nullable=False),
    Column("reference", Text, nullable=False),
    Column("movement", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("export_country", Text, nullable=False),
    Column("import_country", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("words", JSONB, nullable=False, server_default="[]"),
    Column("digest", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("trader_id", "reference", name="declarations_reference_key"),
    Index("declarations_words", "words", postgresql_using="gin"),
    Index("declarations_status", "status", "id"),
    Index("declarations_received_at", "received_at"),
    Index("declarations_party", "party_id", "id"),
    Index("declarations_referred", "id", postgresql_where=text("status = 'referred'")),
    Index("declarations_trader", "trader_id", "id"),
    Index("declarations_export_country", "export_country", "id"),
    Index("declarations_import_country", "import_country", "id"),
)

declaration_history = _history("declaration")

citations = Table(
    "citations",
    metadata,
    Column("declaration_id", UUID(as_uuid=True), ForeignKey("declarations.id"), primary_key=True),
    Column("item", Integer, primary_key=True),
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("side", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("asked", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("used", Numeric, nullable=False),
    Column("used_on", Date),
    Column("transport_document", Text),
    Column("lodged_at", DateTime(timezone=True), nullable=False),
    Column("consented", Numeric, nullable=False, server_default="0"),
    Column("counted", Numeric, nullable=False, server_default="0"),
    Column("counted_by", UUID(as_uuid=True)),
    CheckConstraint("reserved >= 0 AND used >= 0 AND consented >= 0 AND counted >= 0", name="citations_not_negative"),
    Index("citations_permit", "permit_id", "line"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False),
    Column("permit_id", UUID(as_uuid=True), nullable=False),
    Column("line", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("closes", Boolean, nullable=False),
    Column("opens", Boolean, nullable=False),
    Column("day", Date, nullable=False),
    Column("declaration_id", UUID(as_uuid=True)),
    Column("item", Integer),
    Column("dead_on_arrival", Integer),
    Column("cause", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_party", UUID(as_uuid=True)),
    Column("by_role", Text, nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["permit_id", "line"], ["permit_lines.permit_id", "permit_lines.line"]),
    CheckConstraint("quantity >= 0 OR kind IN ('correct', 'recross')", name="ledger_not_negative"),
    Index("ledger_line", "permit_id", "line", "number"),
    Index("ledger_day", "day", "side", "kind"),
)

news = Table(
    "news",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("data", JSONB, nullable=False),
    Column("audience", JSONB, nullable=False),
    *letter_columns("news_due"),
    UniqueConstraint("subject", "sequence", name="news_subject_sequence_key"),
)

commands = Table(
    "commands",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Column("location", Text),
    Column("version", Integer),
    Index("commands_at", "at"),
)

parties = Table(
    "parties",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("country", Text, nullable=False),
    Column("roles", JSONB, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Index("parties_country", "country"),
)
