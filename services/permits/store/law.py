"""The tables of what holds beyond the papers themselves: the policies of countries."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.metadata import metadata

policies = Table(
    "policies",
    metadata,
    Column("country", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("policy", JSONB, nullable=False),
)

policy_history = Table(
    "policy_history",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("country", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("policy", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_party", UUID(as_uuid=True), nullable=False),
    UniqueConstraint("country", "version", name="policy_history_version_key"),
)
