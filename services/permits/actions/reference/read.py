"""Answer what is listed: a taxon by any of its names on a day, the suspensions and the quotas of a country."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import Match, Population, parts_for
from services.permits.store import quotas as store_quotas
from services.permits.store import species_listings
from shared.contracts.quantities import EXACT, plain

View = dict[str, Any]


async def taxa(engine: AsyncEngine, name: str, day: date, country: str | None, *, limit: int) -> list[View]:
    """Answer the listings of a name on a day; where nothing is called so, those whose names begin so."""
    start = names.key(name)
    async with engine.connect() as conn:
        found = (await species_listings.find(conn, [name])).on(name, day)
        exact = [match for match in found if match.by != "higher_taxon"]
        begun = (
            []
            if not start or _is_whole(name, exact)
            else await species_listings.beginning(conn, start, day, limit=limit)
        )
    told = exact + [match for match in begun if match.listing not in {one.listing for one in exact}]
    return [view for match in (told or found) for view in _views(match, country)][:limit]


def _is_whole(name: str, exact: list[Match]) -> bool:
    """Say whether a name is not still being typed: it is that of a species, or says `spp.` itself."""
    return bool(exact) and (not names.is_group(name) or "spp" in name.casefold())


def _views(match: Match, country: str | None) -> list[View]:
    """Write a listing once for each Appendix it is in."""
    one = match.listing
    return [
        {
            "taxon": one.name,
            "author": one.author,
            "rank": one.rank.casefold(),
            "appendix": part.appendix,
            **_where(part, match.parts),
            "matched_by": match.by,
            "taxon_id": one.taxon_id,
            "belongs_to": list(one.lineage),
            "distribution": list(one.distribution),
            "annotation": one.annotation,
            "holds_from": one.since.isoformat(),
            "holds_until": one.until.isoformat() if one.until else None,
            "version": one.version,
        }
        for part in parts_for(match.parts, country)
    ]


def _where(part: Population, parts: tuple[Population, ...]) -> View:
    """Say where a part of a listing holds: in some countries, in all others, or that it does not tell."""
    others = sorted({code for other in parts if other is not part for code in other.countries})
    return {
        "split": len(parts) > 1,
        "countries": sorted(part.countries) or None,
        "except_countries": others if others and not part.countries else None,
        "population_told": part.told,
        "listed_by": part.party,
    }


async def suspensions(engine: AsyncEngine, country: str | None, day: date) -> list[View]:
    """Answer the suspensions in force on a day."""
    async with engine.connect() as conn:
        return [_suspension(row) for row in await store_quotas.suspensions_on(conn, country, day)]


def _suspension(row: Any) -> View:
    return {
        "id": str(row["id"]),
        "country": row["country"],
        "taxon": row["taxon"] or None,
        "terms": row["terms"],
        "sources": row["sources"],
        "purposes": row["purposes"],
        "applies_to_import": row["applies_to_import"],
        "start_date": row["starts"].isoformat() if row["starts"] else None,
        "end_date": row["ends"].isoformat() if row["ends"] else None,
        "note": row["note"],
    }


async def quotas(engine: AsyncEngine, country: str | None, day: date) -> list[View]:
    """Answer the quotas in force on a day, each with what the permits that stand took of it."""
    async with engine.connect() as conn:
        return [_quota(row) for row in await store_quotas.quotas_on(conn, country, day)]


def _quota(row: Any) -> View:
    return {
        "id": str(row["id"]),
        "country": row["country"],
        "taxon": row["taxon"],
        "terms": row["terms"],
        "sources": row["sources"],
        "purposes": row["purposes"],
        "quota": plain(row["amount"]),
        "taken": plain(row["taken"]),
        "left": plain(max(EXACT.subtract(row["amount"], row["taken"]), Decimal(0))),
        "unit": row["unit"],
        "start_date": row["starts"].isoformat(),
        "end_date": row["ends"].isoformat(),
        "note": row["note"],
    }
