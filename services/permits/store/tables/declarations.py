"""The tables of declarations, of the permit lines that they cite, and of their history.

PostgreSQL computes the columns of a declaration's summary when it writes the row. A list reads them, and not the large
columns `content` and `findings`.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.history import history_table
from services.permits.store.tables.metadata import metadata
from shared.contracts.closed_sets import Severity

TAXA_PATH = '$."items"[0 to 9]."taxon"'
"""The taxa of the first ten items. The summary of a declaration has no more."""


def _open_findings_column(severity: Severity) -> Column[int]:
    """Return the column with the number of findings of a severity that no officer overrode."""
    path = f'$[*]?(@."severity" == "{severity}" && !(@."overridden" == true))'
    count = f"jsonb_array_length(jsonb_path_query_array(findings, '{path}'::jsonpath))"
    return Column(f"{severity}_count", Integer, Computed(count, persisted=True))


declarations = Table(
    "declarations",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("trader_id", UUID(as_uuid=True), nullable=False),
    Column("trader_name", Text, nullable=False),
    Column("trader_country", Text, nullable=False),
    Column("officers", JSONB(none_as_null=True), nullable=True),
    Column("reference", Text, nullable=False),
    Column("reference_key", Text, nullable=False),
    Column("movement", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("export_country", Text, nullable=False),
    Column("import_country", Text, nullable=False),
    Column("transit_country", Text),
    Column("exit_due", Date),
    Column("acting_country", Text),
    Column("content", JSONB, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("findings_omitted", Integer, nullable=False, server_default="0"),
    Column("search_words", JSONB, nullable=False, server_default="[]"),
    Column("digest", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("summary", JSONB, Computed("content - '{items,repairs}'::text[]", persisted=True)),
    Column("item_count", Integer, Computed("jsonb_array_length(content -> 'items'::text)", persisted=True)),
    Column("taxa", JSONB, Computed(f"jsonb_path_query_array(content, '{TAXA_PATH}'::jsonpath)", persisted=True)),
    *(_open_findings_column(severity) for severity in Severity),
    UniqueConstraint("trader_id", "reference_key", name="declarations_reference_key"),
    Index("declarations_reference", "reference_key"),
    Index("declarations_search_words", "search_words", postgresql_using="gin"),
    Index("declarations_status", "status", "id"),
    Index("declarations_received_at", "received_at"),
    Index("declarations_party", "party_id", "id"),
    Index("declarations_referred", "id", postgresql_where=text("status = 'referred'")),
    Index("declarations_trader", "trader_id", "id"),
    Index("declarations_export_country", "export_country", "id"),
    Index("declarations_import_country", "import_country", "id"),
    Index("declarations_transit_country", "transit_country", "id"),
    Index("declarations_acting_country", "acting_country", "id"),
    Index("declarations_exit_due", "exit_due", postgresql_where=text("status IN ('accepted', 'referred')")),
)

declaration_history = history_table("declaration")

amended_versions = Table(
    "amended_versions",
    metadata,
    Column("declaration_id", UUID(as_uuid=True), ForeignKey("declarations.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("command_id", UUID(as_uuid=True), nullable=True),
    Column("digest", Text, nullable=False),
    CheckConstraint("version >= 2", name="amended_versions_after_the_first"),
)
"""The amendment that made each version, written with the version. The gateway finds its bytes by it.

`command_id` is empty for amendments of an earlier release, which stored only the digest of the last one.
"""

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
    Column("requested", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("used", Numeric, nullable=False),
    Column("used_on", Date),
    Column("transport_document", Text),
    Column("lodged_at", DateTime(timezone=True), nullable=False),
    Column("consented", Numeric, nullable=False, server_default="0"),
    Column("consent_used", Numeric, nullable=False, server_default="0"),
    Column("counted_elsewhere", Numeric, nullable=False, server_default="0"),
    Column("counted_by", UUID(as_uuid=True)),
    Column("dead_on_arrival", Integer),
    CheckConstraint(
        "reserved >= 0 AND used >= 0 AND consented >= 0 AND counted_elsewhere >= 0", name="citations_not_negative"
    ),
    CheckConstraint("consent_used >= 0 AND consent_used <= consented", name="citations_consent_used_within_consent"),
    Index("citations_permit", "permit_id", "line"),
)
