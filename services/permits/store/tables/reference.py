"""The tables of reference data: policies of countries, loads, suspensions, quotas, HS codes."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.metadata import metadata

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
    Column("actor_party_id", UUID(as_uuid=True), nullable=False),
    UniqueConstraint("country", "version", name="policy_history_version_key"),
)

reference_loads = Table(
    "reference_loads",
    metadata,
    Column("list", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("holds_from", Date, nullable=False),
    Column("built_in", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_party_id", UUID(as_uuid=True)),
    Column("report", JSONB, nullable=False),
)
"""One row for each load that changed a list. `built_in` marks the small listing that the first start loads."""


def _scope_columns() -> tuple[Column[Any], ...]:
    """Return the columns that name the goods of a suspension or quota. An empty text or list means all."""
    return (
        Column("country", Text, nullable=False),
        Column("taxon", Text, nullable=False),
        Column("taxon_key", Text(collation="C"), nullable=False),
        Column("terms", JSONB, nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("purposes", JSONB, nullable=False),
    )


suspensions = Table(
    "suspensions",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("key", Text, nullable=False),
    *_scope_columns(),
    Column("codes_reading", Text, nullable=False, server_default="covered"),
    Column("applies_to_import", Boolean, nullable=False),
    Column("starts", Date),
    Column("ends", Date),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("version", Integer, nullable=False),
    Index("suspensions_current", "key", unique=True, postgresql_where=text("until IS NULL")),
    Index("suspensions_country", "country"),
)

hs_codes = Table(
    "hs_codes",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("key", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("hs_code", Text, nullable=False),
    Column("concern", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("version", Integer, nullable=False),
    Index("hs_codes_current", "key", unique=True, postgresql_where=text("until IS NULL")),
    Index("hs_codes_country", "country"),
)
"""The loaded rows of HS codes. An empty country means all countries. The built-in rows are in `shared.cites`."""

quotas = Table(
    "quotas",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    *_scope_columns(),
    Column("unit", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date),
    Column("period", Text, nullable=False, server_default="once"),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("ended_on", Date),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("notice_level", Integer, nullable=False, server_default="0"),
    CheckConstraint("amount >= 0", name="quotas_not_negative"),
    CheckConstraint("ends IS NOT NULL OR period = 'every_year'", name="quotas_once_have_an_end"),
    Index("quotas_country", "country", "taxon_key"),
)
"""A quota without `ends` has the period `every_year`. `sequence` is that of the last event.

`notice_level` is not read: `quota_notices` replaces it. A later migration drops it.
"""

quota_notices = Table(
    "quota_notices",
    metadata,
    Column("quota_id", UUID(as_uuid=True), ForeignKey("quotas.id"), primary_key=True),
    Column("country", Text, primary_key=True),
    Column("starts", Date, primary_key=True),
    Column("notice_level", Integer, nullable=False),
)
"""The last announced share of a quota in per cent (0, 80, 100), by country of export and first day of the period."""

quota_amounts = Table(
    "quota_amounts",
    metadata,
    Column("quota_id", UUID(as_uuid=True), ForeignKey("quotas.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("since", Date, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("note", Text, nullable=False),
)
"""The amount of a quota from a day on, one row for each load. The last loaded of the rows in force counts."""

quota_usage = Table(
    "quota_usage",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("quota_id", UUID(as_uuid=True), ForeignKey("quotas.id"), nullable=False),
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), nullable=False),
    Column("line", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("quota_id", "permit_id", "line", name="quota_usage_line_key"),
    Index("quota_usage_permit", "permit_id"),
)
"""The quantity of a quota that each permit line uses, in the quota's unit, in the order of use."""
