"""The tables of history: one row for each event of a permit, a declaration or an application, never changed."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.metadata import metadata


def history_table(subject: str) -> Table:
    """Return the history table of permits, declarations or applications."""
    return Table(
        f"{subject}_history",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column(f"{subject}_id", UUID(as_uuid=True), ForeignKey(f"{subject}s.id"), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("event", Text, nullable=False),
        Column("from_status", Text),
        Column("to_status", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor_party_id", UUID(as_uuid=True)),
        Column("actor_role", Text, nullable=False),
        Column("reason", Text),
        Column("detail", JSONB),
        UniqueConstraint(f"{subject}_id", "sequence", name=f"{subject}_history_sequence_key"),
    )
