"""The tables between services: events to send, responses stored by idempotency key, a copy of the parties."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.metadata import metadata
from shared.idempotency import commands_table
from shared.mandate_copies import mandates_table
from shared.outbox import outbox_columns
from shared.reconciliation_state import add_reconciliation_tables

outbox_events = Table(
    "outbox_events",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("data", Text, nullable=False),
    Column("audience", Text, nullable=False),
    *outbox_columns("outbox_events_due"),
    UniqueConstraint("subject", "sequence", name="outbox_events_subject_sequence_key"),
    Index("outbox_events_at", "at", postgresql_using="brin"),
)
"""Events to send to notifications. `data` and `audience` are JSON text, which is sent as stored."""

add_reconciliation_tables(metadata)
commands = commands_table(metadata)
"""Commands and their responses."""

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

mandates = mandates_table(metadata)
"""The copy of the mandates. An agent reads and receives what it lodged for a trader while a mandate is valid."""
