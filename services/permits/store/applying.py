"""The tables of applications for permits, and what became of each."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.metadata import metadata

applications = Table(
    "applications",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party_id", UUID(as_uuid=True), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reference", Text),
    Column("document", JSONB, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id")),
    Column("assessment", JSONB),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Index("applications_party", "party_id", "id"),
    Index("applications_issuer", "issuer", "status", "id"),
)

application_history = Table(
    "application_history",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("application_id", UUID(as_uuid=True), ForeignKey("applications.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_status", Text),
    Column("to_status", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_party", UUID(as_uuid=True)),
    Column("by_role", Text, nullable=False),
    Column("reason", Text),
    Column("detail", JSONB),
    UniqueConstraint("application_id", "sequence", name="application_history_sequence_key"),
)
