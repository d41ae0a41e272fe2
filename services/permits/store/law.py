"""The tables of what holds beyond the papers themselves: policies, the listing of species, suspensions, quotas."""

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

reference_loads = Table(
    "reference_loads",
    metadata,
    Column("list", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("holds_from", Date, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_party", UUID(as_uuid=True)),
    Column("report", JSONB, nullable=False),
)
"""One row a load that changed something; `own` is the project's own small listing of the first start."""

taxa = Table(
    "taxa",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("taxon_id", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("key", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("rank", Text, nullable=False),
    Column("parts", JSONB, nullable=False),
    Column("lineage", JSONB, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("version", Integer, nullable=False),
    Index("taxa_standing", "own", "taxon_id", unique=True, postgresql_where=text("until IS NULL")),
)

taxon_names = Table(
    "taxon_names",
    metadata,
    Column("key", Text(collation="C"), primary_key=True),
    Column("taxon", UUID(as_uuid=True), ForeignKey("taxa.id"), primary_key=True),
    Column("kind", Text, nullable=False),
)
"""What a taxon is found by: its accepted name and its synonyms, as `domain.names` writes them."""

taxon_genera = Table(
    "taxon_genera",
    metadata,
    Column("genus", Text(collation="C"), primary_key=True),
    Column("lineage", JSONB, nullable=False),
)
"""What a genus belongs to, nearest first, for species that no row names."""

suspensions = Table(
    "suspensions",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("key", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("taxon", Text, nullable=False),
    Column("taxon_key", Text(collation="C"), nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("sources", JSONB, nullable=False),
    Column("purposes", JSONB, nullable=False),
    Column("applies_to_import", Boolean, nullable=False),
    Column("starts", Date),
    Column("ends", Date),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("version", Integer, nullable=False),
    Index("suspensions_standing", "key", unique=True, postgresql_where=text("until IS NULL")),
    Index("suspensions_country", "country"),
)

quotas = Table(
    "quotas",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("country", Text, nullable=False),
    Column("taxon", Text, nullable=False),
    Column("taxon_key", Text(collation="C"), nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("sources", JSONB, nullable=False),
    Column("purposes", JSONB, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("ended_on", Date),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    CheckConstraint("amount >= 0", name="quotas_not_negative"),
    Index("quotas_country", "country", "taxon_key"),
)
"""`told` is the share in per cent (0, 80, 100) that was last told; `sequence` that of its news."""

quota_takings = Table(
    "quota_takings",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("quota_id", UUID(as_uuid=True), ForeignKey("quotas.id"), nullable=False),
    Column("permit_id", UUID(as_uuid=True), ForeignKey("permits.id"), nullable=False),
    Column("line", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("quota_id", "permit_id", "line", name="quota_takings_line_key"),
    Index("quota_takings_permit", "permit_id"),
)
"""What each line of a permit takes of a quota, in the quota's unit, in the order in which they took it."""
