"""The listing of species as it is asked: any number of names in one statement."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference import authors, names
from services.permits.domain.reference.listings import Listing, Listings, Match, Population
from services.permits.store.from_row import Row
from services.permits.store.tables import taxa, taxon_names

_COLUMNS = "t.taxon_id, t.name, t.author, t.rank, t.parts, t.lineage, t.content, t.since, t.until, t.version"
_FIND = text(
    f"""
WITH wanted AS (
    SELECT asked.key, asked.key AS found, 0::bigint AS depth FROM unnest(CAST(:keys AS text[])) AS asked(key)
    UNION ALL
    SELECT g.genus, above.key, above.depth
    FROM taxon_genera g, jsonb_array_elements_text(g.lineage) WITH ORDINALITY AS above(key, depth)
    WHERE g.genus = ANY(CAST(:genera AS text[]))
)
SELECT wanted.key AS asked, wanted.found, wanted.depth, t.*
FROM wanted CROSS JOIN LATERAL (
    SELECT n.kind, t.own, {_COLUMNS}
    FROM taxon_names n JOIN taxa t ON t.id = n.taxon WHERE n.key = wanted.found OFFSET 0
) AS t
ORDER BY wanted.depth, t.kind, t.own, t.name, t.since
"""  # noqa: S608
)
"""OFFSET 0 keeps the planner to its indexes, name by name: it cannot know how many names are asked, guesses many, and
would read the whole index of species for one of them."""


async def find(conn: AsyncConnection, asked: Iterable[str], *, whole: bool = False) -> Listings:
    """Find every match of names on any day; `whole` says whether an administrator loaded the index."""
    wanted = {name: (names.keys(name), names.parents(name)) for name in set(asked)}
    keys = {key for own, parents in wanted.values() for key in (*own, *parents, *_shorter(parents))}
    if not keys:
        return Listings({}, whole)
    genera = {key for key in keys if " " not in key}
    rows = (await conn.execute(_FIND, {"keys": sorted(keys), "genera": sorted(genera)})).mappings()
    direct: dict[str, list[Match]] = {}
    above: dict[str, list[Match]] = {}
    for row in rows:
        match = Match(listing_of(row), row["kind"], row["found"])
        (above if row["depth"] else direct).setdefault(row["asked"], []).append(match)
    found = {name: _matches(own, parents, direct, above) for name, (own, parents) in wanted.items()}
    return Listings({name: matches for name, matches in found.items() if matches}, whole)


def _shorter(parents: Iterable[str]) -> list[str]:
    return [key for parent in parents for key in names.keys(parent)[1:]]


def _matches(
    keys: tuple[str, ...], parents: tuple[str, ...], direct: Mapping[str, list[Match]], above: Mapping[str, list[Match]]
) -> tuple[Match, ...]:
    """Gather a name's matches, most exact first: itself, its species and genus, then what the genus belongs to."""
    if not keys:
        return ()
    exact = direct.get(keys[0], [])
    if exact or not parents:
        shorter = [_shorter_by(match, keys[0]) for key in keys[1:] for match in direct.get(key, ())]
        return (*exact, *shorter, *(Match(m.listing, "higher_taxon", m.key) for m in above.get(keys[-1], ())))
    mixed = []
    for parent in parents:
        own = _matches(names.keys(parent), (), direct, above)
        mixed += [Match(m.listing, "hybrid", m.key) for m in own if m.key == own[0].key]
    return tuple(mixed)


def _shorter_by(match: Match, name: str) -> Match:
    """Answer how a name's beginning answers for it: as what it belongs to, or as itself where its author follows."""
    if match.by == "accepted" and authors.is_of(name.removeprefix(match.key), match.listing.author):
        return match
    return Match(match.listing, "higher_taxon", match.key)


async def beginning(conn: AsyncConnection, start: str, day: date, *, limit: int) -> list[Match]:
    """Answer the listings on a day whose names begin so, in the order of the alphabet, for who is still typing."""
    query = (
        select(taxon_names.c.kind, taxon_names.c.key.label("found"), taxa)
        .join(taxa, taxa.c.id == taxon_names.c.taxon)
        .where(taxon_names.c.key >= start, taxon_names.c.key < start + "\U0010ffff")
        .where(taxa.c.since <= day, (taxa.c.until.is_(None)) | (taxa.c.until > day))
        .order_by(taxon_names.c.key, taxa.c.name)
        .limit(limit)
    )
    rows = (await conn.execute(query)).mappings()
    return [Match(listing_of(row), row["kind"], row["found"]) for row in rows]


def listing_of(row: Row) -> Listing:
    """Read a row of the index."""
    content = row["content"] if isinstance(row["content"], dict) else json.loads(row["content"])
    return Listing(
        taxon_id=row["taxon_id"],
        name=row["name"],
        author=row["author"],
        rank=row["rank"],
        parts=tuple(_part(part) for part in _data(row["parts"])),
        since=row["since"],
        until=row["until"],
        lineage=tuple(_data(row["lineage"])),
        annotation=content.get("annotation", ""),
        distribution=tuple(content.get("distribution", ())),
        version=row["version"],
        kingdom=content.get("kingdom", ""),
        own=row["own"],
    )


def _data(value: Any) -> Any:
    """A statement of text does not say which columns are JSON, so these come as they are written."""
    return json.loads(value) if isinstance(value, str) else value


def _part(part: Mapping[str, Any]) -> Population:
    return Population(part["appendix"], frozenset(part["countries"]), part["party"], part["told"])
