"""The tables of permits: lines with balances, history, and the parties that follow a permit."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.history import history_table
from services.permits.store.tables.metadata import metadata

NOTICE_DUE = "notice_level < 2 AND status IN ('issued', 'endorsed')"
"""Permits that can still expire and whose last expiry notice was not yet written."""

permits = Table(
    "permits",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("number_key", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("exporter_key", Text),
    Column("importer_key", Text),
    Column("export_country", Text, nullable=False),
    Column("import_country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("registered_by", UUID(as_uuid=True), nullable=False),
    Column("registering_country", Text, nullable=False),
    Column("endorsed", Boolean, nullable=False),
    Column("transport_documents", JSONB, nullable=False),
    Column("token_digest", LargeBinary),
    Column("replaces", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("replaced_by", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("notice_level", Integer, nullable=False, server_default="0"),
    Column("search_words", JSONB, nullable=False, server_default="[]"),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("issuer", "number_key", name="permits_issuer_number_key"),
    Index("permits_number", "number_key"),
    Index("permits_search_words", "search_words", postgresql_using="gin"),
    Index("permits_status", "status", "id"),
    Index("permits_issued_on", "issued_on"),
    Index("permits_valid_until", "valid_until"),
    Index("permits_notice_due", "notice_level", "valid_until", postgresql_where=text(NOTICE_DUE)),
    Index("permits_exporter", "exporter_key", "id"),
    Index("permits_importer", "importer_key", "id"),
    Index("permits_export_country", "export_country", "id"),
    Index("permits_import_country", "import_country", "id"),
)
"""The permits. `number_key` is the key by which the number is compared; `number` is as the document prints it."""

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
    Column("previous_document", Text),
    Column("granted", Numeric, nullable=False),
    Column("endorsed", Numeric),
    Column("export_consented", Numeric, nullable=False),
    Column("import_consented", Numeric, nullable=False),
    Column("export_reserved", Numeric, nullable=False),
    Column("import_reserved", Numeric, nullable=False),
    Column("import_consumed", Numeric, nullable=False),
    Column("export_closed", Boolean, nullable=False),
    Column("import_closed", Boolean, nullable=False),
    CheckConstraint("granted > 0", name="granted_positive"),
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
    Index(
        "permit_lines_previous_document",
        "previous_document",
        postgresql_where=text("previous_document IS NOT NULL"),
    ),
)
"""The lines of permits. `previous_document` is for lines of re-export certificates: their goods came in under it.

It has the issuer and the key of the number in box 12a, else in box 12. A blank separates them.
"""

permit_history = history_table("permit")

permit_watchers = Table(
    "permit_watchers",
    metadata,
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), nullable=False),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("trader_id", UUID(as_uuid=True)),
    Column("since", DateTime(timezone=True), nullable=False),
    UniqueConstraint(
        "permit_id", "party_id", "trader_id", name="permit_watchers_key", postgresql_nulls_not_distinct=True
    ),
)
"""The parties that cited a permit or read it by token. `trader_id` is the trader for whom an agent cited it."""

permit_proposals = Table(
    "permit_proposals",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("country", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("permit_proposals_digest", "country", "digest"),
)
"""Permits that one person stated where the country requires two. Rows are only added: they are evidence.

`digest` is the SHA-256 of the permit's content and of the permit that it replaces, if any.
"""

second_use_alerts = Table(
    "second_use_alerts",
    metadata,
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("movement", Text, primary_key=True),
    Column("trader_id", UUID(as_uuid=True), primary_key=True),
    Column("window_began_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("window_seconds", Integer, nullable=False),
    Column("held_count", Integer, nullable=False, server_default="0"),
    Column("first_attempt_at", DateTime(timezone=True)),
    Column("last_attempt_at", DateTime(timezone=True)),
    Column("party_id", UUID(as_uuid=True)),
    Column("is_named", Boolean, nullable=False, server_default="false"),
    Column("attempts", JSONB, nullable=False, server_default="[]"),
    CheckConstraint("(held_count > 0) = (first_attempt_at IS NOT NULL)", name="held_attempts_have_times"),
)
"""The windows after alerts about second uses, and the attempts that the next alert counts. `attempts` are the latest.

A row ends with its window if no attempt waits. The clock of the database decides, because all processes share it.
"""
