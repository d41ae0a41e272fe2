"""The ledger, one row for each entry, never changed; and the lines whose balance differs from their entries."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.metadata import metadata

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
    Column("value_date", Date, nullable=False),
    Column("declaration_id", UUID(as_uuid=True)),
    Column("item", Integer),
    Column("dead_on_arrival", Integer),
    Column("cause", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_party_id", UUID(as_uuid=True)),
    Column("actor_role", Text, nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["permit_id", "line"], ["permit_lines.permit_id", "permit_lines.line"]),
    CheckConstraint("quantity >= 0 OR kind IN ('correct', 'recross')", name="ledger_not_negative"),
    Index("ledger_line", "permit_id", "line", "number"),
    Index("ledger_value_date", "value_date", "side", "kind"),
)

balance_mismatches = Table(
    "balance_mismatches",
    metadata,
    Column("permit_id", UUID(as_uuid=True), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("stored", JSONB, nullable=False),
    Column("computed", JSONB, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["permit_id", "line"], ["permit_lines.permit_id", "permit_lines.line"]),
)
