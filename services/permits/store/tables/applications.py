"""The tables of applications for permits and of their history."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.history import history_table
from services.permits.store.tables.metadata import metadata

applications = Table(
    "applications",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("trader_id", UUID(as_uuid=True), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reference", Text),
    Column("reference_key", Text),
    Column("content", JSONB, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("assessment", JSONB),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Index("applications_party", "party_id", "id"),
    Index("applications_trader", "trader_id", "id"),
    Index("applications_open", "trader_id", postgresql_where=text("status IN ('submitted', 'queried')")),
    Index("applications_issuer", "issuer", "status", "id"),
)

APPLICATION_IS_OPEN = applications.c.status.in_([literal_column("'submitted'"), literal_column("'queried'")])
"""A condition with literal values: a generic plan uses the partial index only if it sees them."""

application_history = history_table("application")
