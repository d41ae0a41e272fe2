"""The tables of the listing of species: the taxa, their names, and the higher taxa of their genera."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.permits.store.tables.metadata import metadata

taxa = Table(
    "taxa",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("taxon_id", Text, nullable=False),
    Column("built_in", Boolean, nullable=False),
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
    Index("taxa_current", "built_in", "taxon_id", unique=True, postgresql_where=text("until IS NULL")),
)

taxon_names = Table(
    "taxon_names",
    metadata,
    Column("key", Text(collation="C"), primary_key=True),
    Column("taxon", UUID(as_uuid=True), ForeignKey("taxa.id"), primary_key=True),
    Column("kind", Text, nullable=False),
)
"""The names by which a taxon is found: accepted name and synonyms, as `domain.reference.names` normalizes them."""

taxon_genera = Table(
    "taxon_genera",
    metadata,
    Column("genus", Text(collation="C"), primary_key=True),
    Column("lineage", JSONB, nullable=False),
)
"""The higher taxa of a genus, lowest rank first, for species without a row."""
