"""Read reference data: the listings of a taxon by any of its names, the suspensions and the quotas of a country."""

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.reference import names
from services.permits.domain.reference.annotations import AnnotationsInForce
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.list_states import EFFECTS, reference_list_remedy, reference_list_state
from services.permits.domain.reference.listing_lookup import list_annotations
from services.permits.domain.reference.listings import ListingMatch, Population, populations_for
from services.permits.domain.reference.quotas import quota_period
from services.permits.store import hs_codes, reference_loads, species_listings, suspensions
from services.permits.store import quotas as store_quotas
from services.permits.store.from_row import Row
from shared.cites.annotations import ANY_DAY, Annotation
from shared.cites.hs_codes import HsRow, build_hs_table, list_built_in_rows
from shared.contracts.closed_sets import CodesReading, MatchKind, QuotaPeriod
from shared.contracts.quantities import EXACT, format_quantity
from shared.contracts.views.reference import (
    HsCode,
    Listing,
    ListingAnnotation,
    Listings,
    Quota,
    ReferenceList,
    Suspension,
)


async def look_up_taxon(engine: AsyncEngine, name: str, day: date, country: str | None, *, limit: int) -> Listings:
    """Return the listings of a name on a day, with the source and the days of the list, also if it has none."""
    found = await list_taxa(engine, name, day, country, limit=limit)
    async with engine.connect() as conn:
        load = await reference_loads.read_last_load_of_taxa(conn)
    return Listings(
        data=found,
        next_cursor=None,
        list_source=_source(is_built_in=load["built_in"]),
        list_loaded_at=load["at"],
        list_holds_from=load["holds_from"],
    )


async def list_taxa(
    engine: AsyncEngine, name: str, day: date, country: str | None, *, limit: int
) -> tuple[Listing, ...]:
    """List the listings of a name on a day, or, if no taxon has this name, those whose names begin with it."""
    start = names.key(name)
    async with engine.connect() as conn:
        found = (await species_listings.load_listings(conn, [name])).matches_on(name, day)
        exact = [match for match in found if match.kind is not MatchKind.HIGHER]
        prefix_matches = (
            []
            if not start or _is_complete_name(name, exact)
            else await species_listings.list_by_prefix(conn, start, day, limit=limit)
        )
        exact_listings = {one.listing for one in exact}
        shown = exact + [match for match in prefix_matches if match.listing not in exact_listings]
        shown = shown or list(found)
        loads = await reference_loads.list_loads_of_taxa(conn, {match.listing.version for match in shown})
    return tuple(view for match in shown for view in _listing_views(match, day, country, loads[match.listing.version]))[
        :limit
    ]


def _is_complete_name(name: str, exact: list[ListingMatch]) -> bool:
    """Return whether a name is complete, so that no search by prefix is needed: a species, or a group with `spp.`."""
    return bool(exact) and (not names.is_group(name) or "spp" in name.casefold())


def _listing_views(match: ListingMatch, day: date, country: str | None, load: Row) -> tuple[Listing, ...]:
    """Return one view of a listing per population. `load` is the load that added it."""
    annotations = list_annotations(match.listing, day, country)
    return tuple(_listing_view(match, part, annotations, load) for part in populations_for(match.parts, country))


def _listing_view(match: ListingMatch, part: Population, annotations: AnnotationsInForce, load: Row) -> Listing:
    """Return the view of one population: in some countries, in all others, or with an unknown range."""
    listing = match.listing
    others = sorted({code for other in match.parts if other is not part for code in other.countries})
    return Listing(
        taxon=listing.name,
        author=listing.author,
        rank=listing.rank.casefold(),
        appendix=part.appendix,
        split=len(match.parts) > 1,
        countries=tuple(sorted(part.countries)) or None,
        except_countries=tuple(others) if others and not part.countries else None,
        population_told=part.is_range_known,
        listed_by=part.party,
        matched_by=match.kind,
        taxon_id=listing.taxon_id,
        belongs_to=tuple(listing.lineage),
        distribution=tuple(listing.distribution),
        annotation=listing.annotation,
        annotation_symbol=annotations.symbol,
        annotations=tuple(map(_annotation_view, annotations.rows)),
        list_source=_source(is_built_in=listing.own),
        list_loaded_at=load["at"],
        list_holds_from=load["holds_from"],
        kept_facts=listing.kept,
        kept_since=listing.kept_since,
        holds_from=listing.since,
        holds_until=listing.until,
        version=listing.version,
    )


def _source(*, is_built_in: bool) -> str:
    return "built_in" if is_built_in else "loaded"


def _annotation_view(row: Annotation) -> ListingAnnotation:
    conditions = {
        "countries": row.countries,
        "export_countries": row.exporters,
        "import_countries": row.destinations,
        "terms": row.terms,
        "purposes": row.purposes,
        "sources": row.sources,
    }
    return ListingAnnotation(
        decision=row.effect,
        countries=tuple(sorted(row.countries.listed)),
        export_countries=tuple(sorted(row.exporters.listed)),
        import_countries=tuple(sorted(row.destinations.listed)),
        terms=tuple(sorted(row.terms.listed)),
        purposes=tuple(sorted(row.purposes.listed)),
        sources=tuple(sorted(row.sources.listed)),
        except_for=tuple(name for name, codes in conditions.items() if codes.negated),
        text=row.text,
        source=row.source,
        holds_from=row.since,
        holds_until=None if row.until == ANY_DAY else row.until,
    )


async def list_suspensions(engine: AsyncEngine, country: str | None, day: date) -> tuple[Suspension, ...]:
    """Return the suspensions in force on a day."""
    async with engine.connect() as conn:
        rows = await suspensions.list_suspensions_in_force(conn, country, day)
    return tuple(_suspension_view(row) for row in rows)


def _suspension_view(row: Row) -> Suspension:
    return Suspension(
        id=row["id"],
        country=row["country"] or None,
        taxon=row["taxon"] or None,
        terms=tuple(row["terms"]),
        sources=tuple(row["sources"]),
        purposes=tuple(row["purposes"]),
        codes_reading=CodesReading(row["codes_reading"]),
        applies_to_import=row["applies_to_import"],
        start_date=row["starts"],
        end_date=row["ends"],
        note=row["note"],
    )


async def list_hs_codes(engine: AsyncEngine, country: str | None, day: date) -> tuple[HsCode, ...]:
    """Return the HS codes in force on a day: the loaded rows, then the built-in ones."""
    async with engine.connect() as conn:
        loaded = await hs_codes.list_hs_codes_in_force(conn, country, day)
    return tuple(map(_hs_code_view, (*loaded, *list_built_in_rows())))


async def find_hs_code(engine: AsyncEngine, code: str, country: str, day: date) -> tuple[HsCode, ...]:
    """Return the row that decides about an HS code in a country, or nothing if no row names goods of the code."""
    async with engine.connect() as conn:
        loaded = await hs_codes.list_hs_codes_in_force(conn, country, day)
    tables = {name: build_hs_table(row for row in loaded if row.country == name) for name in (country, "")}
    row = Facts(hs_tables=tables).hs_row(code, country, day)
    return () if row is None else (_hs_code_view(row),)


def _hs_code_view(row: HsRow) -> HsCode:
    return HsCode(
        country=row.country or None,
        hs_code=row.code,
        concern=row.concern,
        reason=row.reason,
        list_source="built_in" if row.edition else "loaded",
        edition=row.edition or None,
        holds_from=row.since,
        holds_until=None if row.until == ANY_DAY else row.until,
    )


async def list_reference_lists(engine: AsyncEngine) -> tuple[ReferenceList, ...]:
    """Return the state of each reference list."""
    async with engine.connect() as conn:
        rows = await reference_loads.list_states(conn)
    return tuple(_reference_list_view(row) for row in rows)


def _reference_list_view(row: Row) -> ReferenceList:
    name, version = row["list"], row["version"]
    state = reference_list_state(
        name, is_loaded=version is not None, is_built_in=bool(row["built_in"]), rows=row["rows"]
    )
    return ReferenceList(
        list=name,
        state=state,
        rows=row["rows"],
        version=version or 0,
        loaded_at=row["at"],
        holds_from=row["holds_from"],
        effect=EFFECTS[name][state],
        remedy=reference_list_remedy(name, state),
    )


async def list_quotas(engine: AsyncEngine, country: str | None, day: date) -> tuple[Quota, ...]:
    """Return the quotas in force on a day, each with the quantity that the permits in use take of it."""
    async with engine.connect() as conn:
        rows = await store_quotas.list_quotas_in_force(conn, country, day)
    return tuple(_quota_view(row, day) for row in rows)


def _quota_view(row: Row, day: date) -> Quota:
    """Return the view of a quota in its period that contains the day."""
    period = QuotaPeriod(row["period"])
    starts, ends = quota_period(period, row["starts"], row["ends"], day)
    return Quota(
        id=row["id"],
        country=row["country"] or None,
        taxon=row["taxon"],
        terms=tuple(row["terms"]),
        sources=tuple(row["sources"]),
        purposes=tuple(row["purposes"]),
        quota=format_quantity(row["amount"]),
        taken=format_quantity(row["used"]),
        left=format_quantity(max(EXACT.subtract(row["amount"], row["used"]), Decimal(0))),
        unit=row["unit"],
        period=period,
        start_date=starts,
        end_date=ends,
        note=row["note"],
    )
