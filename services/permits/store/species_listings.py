"""Look up the listing of species, any number of names in one statement."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference import authors, names
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listings import Listing, ListingMatch, Population
from services.permits.store.from_row import Row
from services.permits.store.tables import taxa, taxon_names
from shared.contracts.closed_sets import KeptFact, MatchKind
from shared.limits import Limit, LimitSubject

_COLUMNS = "t.taxon_id, t.name, t.author, t.rank, t.parts, t.lineage, t.content, t.since, t.until, t.version"
# Raw SQL: names are rows of `unnest`, JSON arrays are rows with their positions, and OFFSET 0 fixes the plan.
_FIND = text(
    f"""
WITH wanted AS (
    SELECT requested.key, requested.key AS found, 0::bigint AS depth
    FROM unnest(CAST(:keys AS text[])) AS requested(key)
    UNION ALL
    SELECT g.genus, above.key, above.depth
    FROM taxon_genera g, jsonb_array_elements_text(g.lineage) WITH ORDINALITY AS above(key, depth)
    WHERE g.genus = ANY(CAST(:genera AS text[]))
)
SELECT wanted.key AS requested, wanted.found, wanted.depth, t.*
FROM wanted CROSS JOIN LATERAL (
    SELECT n.kind, t.built_in, {_COLUMNS}
    FROM taxon_names n JOIN taxa t ON t.id = n.taxon WHERE n.key = wanted.found OFFSET 0
) AS t
ORDER BY wanted.depth, t.kind, t.built_in, t.name, t.since
"""  # noqa: S608
)
"""OFFSET 0 makes the planner use the indexes for each name. Else it assumes many names and reads the whole table."""


_FIND_SIMILAR = text(
    """
SELECT wanted.name AS wanted, near.key, near.name
FROM unnest(CAST(:names AS text[]), CAST(:starts AS text[]), CAST(:ends AS text[])) AS wanted(name, starts, ends)
CROSS JOIN LATERAL (
    SELECT n.key, t.name FROM taxon_names n JOIN taxa t ON t.id = n.taxon
    WHERE n.key >= wanted.starts AND n.key < wanted.ends AND t.until IS NULL ORDER BY n.key LIMIT :most
) AS near
"""
)
"""The names that begin like the wanted ones. The index of keys finds them, and the limit bounds the comparison."""
COMPARED_NAMES = Limit(
    300,
    "names",
    subject=LimitSubject.REFERENCE,
    meaning="Names of the listing that the hub compares with the beginning of an unknown name, to suggest one",
    beyond="The hub compares the first ones in alphabetical order.",
)
SUGGESTED_NAMES = Limit(
    10,
    "names",
    subject=LimitSubject.REFERENCE,
    meaning="Unknown names of one batch for which the hub searches a similar one",
    beyond="The others have no suggestion.",
)
START_LENGTH = 4
"""Characters of a genus that a misspelt name has in common with the right one."""


async def load_listings(
    conn: AsyncConnection,
    wanted_names: Iterable[str],
    *,
    is_complete: bool = False,
    suggest_for: Collection[str] = (),
) -> Listings:
    """Return every match of names on any day. `is_complete` means that an administrator has loaded the index.

    A name in `suggest_for` that has no match gets a similar name of the listing.
    """
    keys_by_name = {name: (names.candidate_keys(name), names.hybrid_parents(name)) for name in set(wanted_names)}
    keys = {key for own, parents in keys_by_name.values() for key in (*own, *parents, *_shorter_keys(parents))}
    if not keys:
        return Listings(is_complete=is_complete)
    genera = {key for key in keys if " " not in key}
    rows = (await conn.execute(_FIND, {"keys": sorted(keys), "genera": sorted(genera)})).mappings()
    direct: dict[str, list[ListingMatch]] = {}
    above: dict[str, list[ListingMatch]] = {}
    for row in rows:
        match = ListingMatch(listing=listing_from_row(row), kind=MatchKind(row["kind"]), key=row["found"])
        (above if row["depth"] else direct).setdefault(row["requested"], []).append(match)
    found = {name: _matches(own, parents, direct, above) for name, (own, parents) in keys_by_name.items()}
    unknown = sorted(name for name in suggest_for if not found.get(name) and keys_by_name[name][0])[:SUGGESTED_NAMES]
    return Listings(
        matches={name: matches for name, matches in found.items() if matches},
        is_complete=is_complete,
        similar_names=await _find_similar_names(conn, unknown) if unknown else {},
    )


async def _find_similar_names(conn: AsyncConnection, unknown: Sequence[str]) -> dict[str, str]:
    """Return the most similar accepted name for each unknown name that has one."""
    keys = {name: names.key(name) for name in unknown}
    starts = [(name, start) for name, key in keys.items() for start in {key[:START_LENGTH], f"{key.split()[0]} "}]
    ranges = {
        "names": [name for name, _ in starts],
        "starts": [start for _, start in starts],
        "ends": [f"{start}\U0010ffff" for _, start in starts],
        "most": int(COMPARED_NAMES),
    }
    near: dict[str, dict[str, str]] = {}
    for wanted, key, accepted in await conn.execute(_FIND_SIMILAR, ranges):
        near.setdefault(wanted, {})[key] = accepted
    similar = {name: get_close_matches(keys[name], by_key, n=1, cutoff=0.8) for name, by_key in near.items()}
    return {name: near[name][found[0]] for name, found in similar.items() if found}


def _shorter_keys(parents: Iterable[str]) -> list[str]:
    return [key for parent in parents for key in names.candidate_keys(parent)[1:]]


def _matches(
    keys: tuple[str, ...],
    parents: tuple[str, ...],
    direct: Mapping[str, list[ListingMatch]],
    above: Mapping[str, list[ListingMatch]],
) -> tuple[ListingMatch, ...]:
    """Return the matches of a name, most exact first: itself, its species and genus, then higher taxa."""
    if not keys:
        return ()
    exact = direct.get(keys[0], [])
    if exact or not parents:
        shorter = [_as_shorter_match(match, keys[0]) for key in keys[1:] for match in direct.get(key, ())]
        return (
            *exact,
            *shorter,
            *(ListingMatch(listing=m.listing, kind=MatchKind.HIGHER, key=m.key) for m in above.get(keys[-1], ())),
        )
    mixed = []
    for parent in parents:
        own = _matches(names.candidate_keys(parent), (), direct, above)
        mixed += [
            ListingMatch(listing=m.listing, kind=MatchKind.HYBRID, key=m.key, parent=parent, parent_kind=m.kind)
            for m in own
            if m.key == own[0].key
        ]
    return tuple(mixed)


def _as_shorter_match(match: ListingMatch, name: str) -> ListingMatch:
    """Return a match of the start of a name: as a higher taxon, or as the name itself if only its author follows."""
    if match.kind is MatchKind.ACCEPTED and authors.is_same_author(name.removeprefix(match.key), match.listing.author):
        return match
    return ListingMatch(listing=match.listing, kind=MatchKind.HIGHER, key=match.key)


async def list_by_prefix(conn: AsyncConnection, prefix: str, day: date, *, limit: int) -> list[ListingMatch]:
    """List the listings on a day whose names start with a prefix, in alphabetical order, for search as you type.

    A match of the whole name is an accepted name or a synonym; any other is a mere prefix.
    """
    query = (
        select(taxon_names.c.kind, taxon_names.c.key.label("found"), taxa)
        .join(taxa, taxa.c.id == taxon_names.c.taxon)
        .where(taxon_names.c.key >= prefix, taxon_names.c.key < prefix + "\U0010ffff")
        .where(taxa.c.since <= day, (taxa.c.until.is_(None)) | (taxa.c.until > day))
        .order_by(taxon_names.c.key, taxa.c.name)
        .limit(limit)
    )
    rows = (await conn.execute(query)).mappings()
    return [
        ListingMatch(
            listing=listing_from_row(row),
            kind=MatchKind(row["kind"]) if row["found"] == prefix else MatchKind.PREFIX,
            key=row["found"],
        )
        for row in rows
    ]


def listing_from_row(row: Row) -> Listing:
    """Return a row of the index as a listing."""
    content = parsed_json(row["content"])
    return Listing(
        taxon_id=row["taxon_id"],
        name=row["name"],
        author=row["author"],
        rank=row["rank"],
        parts=tuple(_population_from_json(part) for part in parsed_json(row["parts"])),
        since=row["since"],
        until=row["until"],
        lineage=tuple(parsed_json(row["lineage"])),
        annotation=content.get("annotation", ""),
        symbol=content.get("symbol", ""),
        distribution=tuple(content.get("distribution", ())),
        version=row["version"],
        kingdom=content.get("kingdom", ""),
        own=row["built_in"],
        kept=tuple(KeptFact(one) for one in content.get("kept", ())),
        kept_since=date.fromisoformat(content["kept_since"]) if "kept_since" in content else None,
    )


def parsed_json(value: Any) -> Any:
    """Return a parsed JSON value. The driver does not parse it: a textual statement has no column types."""
    return json.loads(value) if isinstance(value, str) else value


def _population_from_json(part: Mapping[str, Any]) -> Population:
    return Population(
        appendix=part["appendix"],
        countries=frozenset(part["countries"]),
        party=part["party"],
        is_range_known=part["is_range_known"],
    )
