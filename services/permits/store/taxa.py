"""The list of taxa. Its rows are in force from a day on, and end if the next load differs."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.entries import Taxon
from services.permits.domain.reference.kept_facts import PresentTaxon
from services.permits.domain.reference.listings import Listing
from services.permits.store.content_digest import CurrentEntries, content_digest
from services.permits.store.from_row import Row
from services.permits.store.species_listings import listing_from_row, parsed_json
from services.permits.store.tables import taxa, taxon_genera, taxon_names
from shared.database import bulk_insert, column_arrays, id_in, new_id

TAXON_COLUMNS = (
    "id", "taxon_id", "built_in", "key", "name", "author", "rank", "parts", "lineage", "content", "digest", "since",
    "version",
)  # fmt: skip
NAME_COLUMNS = ("key", "taxon", "kind")
GENUS_COLUMNS = ("genus", "lineage")
ON_GENUS_CONFLICT = """ON CONFLICT (genus) DO UPDATE SET lineage = excluded.lineage
WHERE taxon_genera.lineage IS DISTINCT FROM excluded.lineage"""
PRESENT_COLUMNS = "id, taxon_id, built_in, name, author, rank, parts, lineage, content, since, until, version"
FIND_PRESENT = text(
    f"""
SELECT t.* FROM unnest(CAST(:keys AS text[])) AS wanted(key)
CROSS JOIN LATERAL (SELECT taxon FROM taxon_names WHERE key = wanted.key AND kind = 'accepted' OFFSET 0) AS n
CROSS JOIN LATERAL (
    SELECT {PRESENT_COLUMNS} FROM taxa WHERE id = n.taxon AND until IS NULL AND version < :version OFFSET 0
) AS t
UNION
SELECT t.* FROM unnest(CAST(:ids AS text[])) AS wanted(id) CROSS JOIN LATERAL (
    SELECT {PRESENT_COLUMNS} FROM taxa
    WHERE built_in = :built_in AND taxon_id = wanted.id AND until IS NULL AND version < :version OFFSET 0
) AS t
"""  # noqa: S608
)
"""OFFSET 0 makes the planner use the indexes for each name. Else it assumes many rows and reads the whole table."""
SPECIES_RANKS = ("SPECIES", "SUBSPECIES", "VARIETY")
RANKS_BELOW = frozenset({"GENUS", "SPECIES", "SUBSPECIES", "VARIETY"})


class TaxonList:
    """The list of taxa, as `load_list` uses it. `built_in` means the small listing of the first start."""

    name = "taxa"

    def __init__(self, *, built_in: bool = False) -> None:
        self.built_in = built_in

    def digest(self, taxon: Taxon) -> str:
        """Return the digest by which a load finds out whether a taxon has changed."""
        # An empty symbol is left out: most taxa have none, and their digests stay those of earlier versions.
        return content_digest(taxon, "since", "kept", "kept_since", *(() if taxon.symbol else ("symbol",)))

    async def current_entries(self, conn: AsyncConnection, ids: Collection[str]) -> CurrentEntries:
        """Return digest and first day of the taxa in force without an end."""
        c = taxa.c
        query = select(c.taxon_id, c.digest, c.since).where(
            c.built_in == self.built_in, c.taxon_id.in_(ids), c.until.is_(None)
        )
        return {row.taxon_id: (row.digest, row.since) for row in await conn.execute(query)}

    async def add(self, conn: AsyncConnection, entries: Sequence[Taxon], day: date, version: int) -> None:
        """Insert taxa in force from a day on, with their names and the higher taxa of their genera."""
        rows, name_rows, genera = [], [], {}
        for taxon in entries:
            row = self._row(taxon, day, version)
            rows.append(row)
            name_rows.append({"key": taxon.key, "taxon": row["id"], "kind": "accepted"})
            name_rows += [{"key": key, "taxon": row["id"], "kind": "synonym"} for key in taxon.synonyms]
            if taxon.rank in RANKS_BELOW and " x " not in taxon.key:
                genus = taxon.key.split(" ", 1)[0]
                above = [key for key in taxon.lineage if " " not in key and key != genus]
                genera[genus] = {"genus": genus, "lineage": json.dumps(above)}
        await conn.execute(bulk_insert(taxa, TAXON_COLUMNS), column_arrays(rows, TAXON_COLUMNS))
        await conn.execute(bulk_insert(taxon_names, NAME_COLUMNS), column_arrays(name_rows, NAME_COLUMNS))
        genus_rows = [genera[genus] for genus in sorted(genera)]
        await conn.execute(
            bulk_insert(taxon_genera, GENUS_COLUMNS, suffix=ON_GENUS_CONFLICT), column_arrays(genus_rows, GENUS_COLUMNS)
        )

    def _row(self, taxon: Taxon, day: date, version: int) -> dict[str, Any]:
        content = {
            "kingdom": taxon.kingdom,
            "annotation": taxon.annotation,
            "symbol": taxon.symbol,
            "english": taxon.english,
            "distribution": taxon.distribution,
            "synonyms": taxon.synonyms,
        }
        if taxon.kept:
            content |= {"kept": taxon.kept, "kept_since": str(taxon.kept_since)}
        parts = [
            {
                "appendix": p.appendix,
                "countries": sorted(p.countries),
                "party": p.party,
                "is_range_known": p.is_range_known,
            }
            for p in taxon.parts
        ]
        return {
            "id": new_id(),
            "taxon_id": taxon.taxon_id,
            "built_in": self.built_in,
            "key": taxon.key,
            "name": taxon.name,
            "author": taxon.author,
            "rank": taxon.rank,
            "parts": json.dumps(parts),
            "lineage": json.dumps(taxon.lineage),
            "content": json.dumps(content),
            "digest": self.digest(taxon),
            "since": taxon.since or day,
            "version": version,
        }

    async def end(self, conn: AsyncConnection, ids: Collection[str], day: date) -> None:
        """End taxa on a day. They are in force until the day before."""
        c = taxa.c
        later = or_(c.until.is_(None), c.until > day)
        await conn.execute(
            update(taxa).where(c.built_in == self.built_in, c.taxon_id.in_(ids), later).values(until=day)
        )

    async def list_missing(self, conn: AsyncConnection, seen: Collection[str], day: date) -> dict[str, str]:
        """Return the names of the taxa in force after a day that are not among those seen, by id."""
        c = taxa.c
        query = select(c.taxon_id, c.name).where(c.built_in == self.built_in, or_(c.until.is_(None), c.until > day))
        return {row.taxon_id: row.name for row in await conn.execute(query) if row.taxon_id not in seen}

    async def list_present(self, conn: AsyncConnection, entries: Collection[Taxon], version: int) -> list[PresentTaxon]:
        """Return the taxa in force before a load that have the id of an entry, or as accepted name any of its names."""
        keys = sorted({key for entry in entries for key in (entry.key, *entry.synonyms)})
        values = {
            "keys": keys,
            "ids": [entry.taxon_id for entry in entries],
            "built_in": self.built_in,
            "version": version,
        }
        return [_present_taxon(row) for row in (await conn.execute(FIND_PRESENT, values)).mappings()]

    async def list_higher_taxa(self, conn: AsyncConnection) -> dict[str, Listing]:
        """Return the listings in force of all higher taxa by name: the loaded one of a name, if it has one."""
        c = taxa.c
        query = select(taxa).where(c.rank.not_in(SPECIES_RANKS), c.until.is_(None)).order_by(c.built_in.desc())
        return {row["key"]: listing_from_row(row) for row in (await conn.execute(query)).mappings()}

    async def list_left_out(
        self, conn: AsyncConnection, version: int, seen: Collection[str], replaced: Collection[UUID]
    ) -> list[Row]:
        """Return name, first day and origin of the taxa in force that the file of a load neither has nor replaces."""
        c = taxa.c
        query = select(c.id, c.taxon_id, c.name, c.since, c.built_in).where(c.until.is_(None), c.version < version)
        rows = (await conn.execute(query.order_by(c.key))).mappings()
        return [row for row in rows if row["id"] not in replaced and (row["built_in"] or row["taxon_id"] not in seen)]

    async def end_rows(self, conn: AsyncConnection, row_ids: Collection[UUID], day: date) -> None:
        """End rows of the built-in or of a loaded listing on a day."""
        await conn.execute(update(taxa).where(id_in(taxa.c.id, row_ids), taxa.c.until.is_(None)).values(until=day))

    async def finish_load(self, conn: AsyncConnection, day: date, version: int, at: datetime) -> None:
        """Return at once: no other table depends on taxa."""

    async def catch_up(self, conn: AsyncConnection, version: int, at: datetime) -> None:
        """Return at once: no concurrent transaction depends on a load of taxa."""


def _present_taxon(row: Row) -> PresentTaxon:
    content = parsed_json(row["content"])
    return PresentTaxon(row_id=row["id"], listing=listing_from_row(row), synonyms=tuple(content.get("synonyms", ())))
