"""Answer what is listed: a taxon by any of its names on a day, the suspensions and the quotas of a country."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import ListingMatch, Population, populations_for
from services.permits.store import quotas as store_quotas
from services.permits.store import species_listings, suspensions
from shared.contracts.quantities import EXACT, format_quantity

View = dict[str, Any]


async def list_taxa(engine: AsyncEngine, name: str, day: date, country: str | None, *, limit: int) -> list[View]:
    """Answer the listings of a name on a day; where nothing is called so, those whose names begin so."""
    start = names.key(name)
    async with engine.connect() as conn:
        found = (await species_listings.load_listings(conn, [name])).matches_on(name, day)
        exact = [match for match in found if match.kind != "higher_taxon"]
        prefix_matches = (
            []
            if not start or _is_complete_name(name, exact)
            else await species_listings.list_by_prefix(conn, start, day, limit=limit)
        )
    shown = exact + [match for match in prefix_matches if match.listing not in {one.listing for one in exact}]
    return [view for match in (shown or found) for view in _listing_views(match, country)][:limit]


def _is_complete_name(name: str, exact: list[ListingMatch]) -> bool:
    """Say whether a name is not still being typed: it is that of a species, or says `spp.` itself."""
    return bool(exact) and (not names.is_group(name) or "spp" in name.casefold())


def _listing_views(match: ListingMatch, country: str | None) -> list[View]:
    """Write a listing once for each Appendix it is in."""
    listing = match.listing
    return [
        {
            "taxon": listing.name,
            "author": listing.author,
            "rank": listing.rank.casefold(),
            "appendix": part.appendix,
            **_population_view(part, match.parts),
            "matched_by": match.kind,
            "taxon_id": listing.taxon_id,
            "belongs_to": list(listing.lineage),
            "distribution": list(listing.distribution),
            "annotation": listing.annotation,
            "holds_from": listing.since.isoformat(),
            "holds_until": listing.until.isoformat() if listing.until else None,
            "version": listing.version,
        }
        for part in populations_for(match.parts, country)
    ]


def _population_view(part: Population, parts: tuple[Population, ...]) -> View:
    """Say where a part of a listing holds: in some countries, in all others, or that it does not tell."""
    others = sorted({code for other in parts if other is not part for code in other.countries})
    return {
        "split": len(parts) > 1,
        "countries": sorted(part.countries) or None,
        "except_countries": others if others and not part.countries else None,
        "population_told": part.is_range_known,
        "listed_by": part.party,
    }


async def list_suspensions(engine: AsyncEngine, country: str | None, day: date) -> list[View]:
    """Answer the suspensions in force on a day."""
    async with engine.connect() as conn:
        return [_suspension_view(row) for row in await suspensions.list_suspensions_in_force(conn, country, day)]


def _suspension_view(row: Any) -> View:
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


async def list_quotas(engine: AsyncEngine, country: str | None, day: date) -> list[View]:
    """Answer the quotas in force on a day, each with what the permits that stand took of it."""
    async with engine.connect() as conn:
        return [_quota_view(row) for row in await store_quotas.list_quotas_in_force(conn, country, day)]


def _quota_view(row: Any) -> View:
    return {
        "id": str(row["id"]),
        "country": row["country"],
        "taxon": row["taxon"],
        "terms": row["terms"],
        "sources": row["sources"],
        "purposes": row["purposes"],
        "quota": format_quantity(row["amount"]),
        "taken": format_quantity(row["used"]),
        "left": format_quantity(max(EXACT.subtract(row["amount"], row["used"]), Decimal(0))),
        "unit": row["unit"],
        "start_date": row["starts"].isoformat(),
        "end_date": row["ends"].isoformat(),
        "note": row["note"],
    }
