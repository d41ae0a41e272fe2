"""Load the facts for the check of a batch of declarations, by a fixed number of statements."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.checks.counted_elsewhere import ALREADY_COUNTED
from services.permits.domain.checks.transit import find_transit_country
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitKey, PermitRecord
from services.permits.domain.model.previous_documents import (
    named_documents,
    previous_document,
    re_exported_documents,
)
from services.permits.domain.reference.entries import Suspension
from services.permits.domain.reference.facts import Facts, QuotaUsage
from services.permits.domain.rules.re_exported_quantities import index_lines
from services.permits.store import declarations, quota_usage, re_exports, species_listings
from services.permits.store.hs_codes import hs_row
from services.permits.store.permits import list_number_owners, read_by_keys
from services.permits.store.tables import hs_codes, policies, reference_loads, suspensions
from shared.cites.hs_codes import CHAPTER_DIGITS, HsRow, HsTable, build_hs_table
from shared.contracts.application import Application
from shared.contracts.closed_sets import CodesReading, PermitKind, PermitStatus
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import Declaration
from shared.contracts.permit import Permit
from shared.contracts.policy import Policy

NO_LINES: Mapping[tuple[str, str], Collection[str]] = {}


async def load_facts(
    conn: AsyncConnection,
    records: Sequence[DeclarationRecord],
    permits: Sequence[PermitRecord],
    named_lines: Mapping[tuple[str, str], Collection[str]] = NO_LINES,
) -> Facts:
    """Return the facts that the rules need for these declarations and the permits they cite.

    For a permit in `named_lines`, the documents cite only these lines, so the names of the others are not looked up.
    """
    contents = [declaration.content for declaration in records]
    names = {item.taxon for content in contents for item in content.items if item.taxon}
    for permit in permits:
        letters = named_lines.get(permit.key, permit.lines)
        names.update(permit.lines[letter].content.taxon for letter in letters if letter in permit.lines)
    countries = {code for d in contents for code in (d.export_country, d.import_country)}
    countries |= {code for one in records if (code := find_transit_country(one)) is not None}
    countries |= {item.origin_country for d in contents for item in d.items if item.origin_country}
    countries |= {item.acquired_in for d in contents for item in d.items if item.acquired_in}
    countries |= {
        line.content.origin_country for p in permits for line in p.lines.values() if line.content.origin_country
    }
    previous_permits = _find_previous_permits(permits, named_lines)
    re_exported = await re_exports.sum_by_document(conn, previous_permits, except_permits=permits)
    names.update(goods.taxon for every in re_exported.values() for goods in every)
    chapters = {
        item.hs_code[:CHAPTER_DIGITS]
        for content in contents
        for item in content.items
        if item.taxon is None and item.hs_code is not None
    }
    rows = await _load_reference_rows(conn, sorted(countries), sorted(chapters))
    loaded = {row["list"]: row["is_complete"] for kind, row in rows if kind == "load"}
    found_suspensions = [_suspension_from_json(row) for kind, row in rows if kind == "suspension"]
    return Facts(
        listings=await species_listings.load_listings(
            conn, names, is_complete=loaded.get("taxa", False), suggest_for=_names_without_document(contents)
        ),
        suspensions=tuple(one for one in found_suspensions if one is not None),
        quota_usages=await _load_quota_usage(conn, permits, "quotas" in loaded),
        policies={row["country"]: Policy.model_validate(row["policy"]) for kind, row in rows if kind == "policy"},
        declarations_by_reference=await declarations.ids_by_reference(conn, _counting_references(records)),
        previous_statuses=await _load_previous_statuses(conn, permits, named_lines),
        previous_permits=previous_permits,
        re_exported=re_exported,
        re_export_lines=index_lines(permits, frozenset(previous_permits)) if previous_permits else {},
        hs_tables=_hs_tables(_hs_row_from_json(row) for kind, row in rows if kind == "hs_code"),
    )


async def load_listing_facts(conn: AsyncConnection, contents: Iterable[Permit | Application]) -> Facts:
    """Return the listings of the taxa in permits or applications, and what re-export certificates need, as facts."""
    contents = tuple(contents)
    stated = {line.taxon for content in contents for line in content.lines}
    certificates = [one for one in contents if isinstance(one, Permit) and one.kind == PermitKind.RE_EXPORT]
    keys = frozenset[PermitKey]().union(*(re_exported_documents(one) for one in certificates))
    previous_permits = await read_by_keys(conn, keys)
    re_exported = await re_exports.sum_by_document(conn, previous_permits)
    names = {line.content.taxon for one in previous_permits.values() for line in one.lines.values()}
    names |= {goods.taxon for every in re_exported.values() for goods in every}
    listings = await species_listings.load_listings(conn, stated | names, suggest_for=stated)
    return Facts(listings=listings, previous_permits=previous_permits, re_exported=re_exported)


def _find_previous_permits(
    permits: Sequence[PermitRecord], named_lines: Mapping[PermitKey, Collection[str]]
) -> dict[PermitKey, PermitRecord]:
    """Return the loaded permits that cited lines of re-export certificates name as their previous documents."""
    by_key = {permit.key: permit for permit in permits}
    named = (
        previous_document(permit.content, permit.lines[letter].content)
        for permit in permits
        if permit.content.kind == PermitKind.RE_EXPORT
        for letter in named_lines.get(permit.key, permit.lines)
        if letter in permit.lines
    )
    return {one.key: by_key[one.key] for one in named if one is not None and one.key in by_key}


def _names_without_document(contents: Iterable[Declaration]) -> set[str]:
    """Return the taxa of items that cite no document. The name of any other item is compared with its permit line."""
    return {item.taxon for content in contents for item in content.items if item.taxon and not item.documents}


async def _load_previous_statuses(
    conn: AsyncConnection, cited: Sequence[PermitRecord], named_lines: Mapping[tuple[str, str], Collection[str]]
) -> dict[tuple[str, str], PermitStatus]:
    """Return the status of each known permit that a cited re-export certificate names. Most permits name none."""
    keys = {
        document.key
        for permit in cited
        if permit.content.kind == PermitKind.RE_EXPORT
        for letter in named_lines.get(permit.key, permit.lines)
        if letter in permit.lines
        for document in named_documents(permit.content, permit.lines[letter].content)
    }
    return {key: owner.status for key, owner in (await list_number_owners(conn, keys)).items()} if keys else {}


def _counting_references(records: Iterable[DeclarationRecord]) -> Iterator[tuple[UUID, str]]:
    """Yield trader and key of the reference of each declaration that, according to these, has counted a use already."""
    for declaration in records:
        for item in declaration.content.items:
            for document in item.documents:
                if document.use == ALREADY_COUNTED and document.counted_by is not None:
                    yield declaration.trader, comparison_key(document.counted_by)


async def _load_quota_usage(
    conn: AsyncConnection, permits: Iterable[PermitRecord], loaded: bool
) -> dict[tuple[UUID, str], tuple[QuotaUsage, ...]]:
    return await quota_usage.usage_by_permit(conn, [permit.id for permit in permits]) if loaded else {}


async def _load_reference_rows(
    conn: AsyncConnection, countries: list[str], chapters: list[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Return the loaded lists and the rows of countries, each with its kind, by one statement.

    These are policies, suspensions, and the HS codes of some chapters.
    """
    load, policy, suspension = reference_loads.c, policies.c, suspensions.c
    loaded = select(literal("load"), _json_object(list=load.list, is_complete=func.bool_or(~load.built_in))).group_by(
        load.list
    )
    policy_rows = select(literal("policy"), _json_object(country=policy.country, policy=policy.policy)).where(
        policy.country == func.any(countries)
    )
    names = "country taxon terms sources purposes codes_reading applies_to_import starts ends since until".split()
    suspension_rows = select(literal("suspension"), _json_object(**{name: suspension[name] for name in names})).where(
        suspension.country == func.any(["", *countries]),
        # Most rows of the public file ended before it was loaded: they never have an effect.
        or_(suspension.ends.is_(None), suspension.ends >= suspension.since),
    )
    hs = hs_codes.c
    hs_names = "country hs_code concern reason since until".split()
    hs_code_rows = select(literal("hs_code"), _json_object(**{name: hs[name] for name in hs_names})).where(
        hs.country == func.any(["", *countries]),
        func.left(hs.hs_code, CHAPTER_DIGITS).op("=")(func.any(chapters)),
    )
    parts = (loaded, policy_rows, suspension_rows, *((hs_code_rows,) if chapters else ()))
    rows = await conn.execute(union_all(*parts))
    return [(kind, data) for kind, data in rows]


def _hs_row_from_json(row: dict[str, Any]) -> HsRow:
    return hs_row({**row, "since": date.fromisoformat(row["since"]), "until": _day(row["until"])})


def _hs_tables(rows: Iterable[HsRow]) -> dict[str, HsTable]:
    """Return the loaded HS codes as one table for each country."""
    by_country: dict[str, list[HsRow]] = {}
    for row in rows:
        by_country.setdefault(row.country, []).append(row)
    return {country: build_hs_table(own) for country, own in by_country.items()}


def _json_object(**columns: Any) -> Any:
    parts = [part for name, column in columns.items() for part in (literal(name), column)]
    return func.jsonb_build_object(*parts, type_=JSONB)


def _suspension_from_json(row: dict[str, Any]) -> Suspension | None:
    """Return a suspension for the days on which it is in force and in the list, or None if there is no such day."""
    starts, since, removed = _day(row["starts"]), _day(row["since"]), _day(row["until"])
    ends = min(filter(None, (_day(row["ends"]), removed - timedelta(days=1) if removed else None)), default=None)
    if ends is not None and ends < max(filter(None, (starts, since))):
        return None
    return Suspension(
        country=row["country"],
        taxon=row["taxon"],
        terms=tuple(row["terms"]),
        sources=tuple(row["sources"]),
        purposes=tuple(row["purposes"]),
        codes_reading=CodesReading(row["codes_reading"]),
        applies_to_import=row["applies_to_import"],
        starts=starts,
        ends=ends,
        known_from=since,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
