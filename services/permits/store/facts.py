"""What holds beyond the papers, read for a batch of declarations by a fixed number of statements."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.checks.counted_elsewhere import CLAIMS
from services.permits.domain.reference.entries import Suspension
from services.permits.domain.reference.facts import Facts, Taking
from services.permits.domain.values import Filed, PermitOnFile
from services.permits.store import declarations, quota_usage, species_listings
from services.permits.store.tables import policies, reference_loads, suspensions
from shared.contracts.application import Application
from shared.contracts.permit import Permit
from shared.contracts.policy import Policy

LISTS = ("suspensions", "quotas")


async def about(conn: AsyncConnection, arrivals: Sequence[Filed], permits: Sequence[PermitOnFile]) -> Facts:
    """Read what the rules ask about these declarations and the permits they cite."""
    stated = [filed.document for filed in arrivals]
    names = {item.taxon for document in stated for item in document.items if item.taxon}
    names |= {line.terms.taxon for permit in permits for line in permit.lines.values()}
    countries = {code for d in stated for code in (d.export_country, d.import_country)}
    countries |= {item.origin_country for d in stated for item in d.items if item.origin_country}
    countries |= {line.terms.origin_country for p in permits for line in p.lines.values() if line.terms.origin_country}
    rows = await _law(conn, sorted(countries))
    loaded = {row["list"]: row["whole"] for kind, row in rows if kind == "load"}
    stopped = [_suspension(row) for kind, row in rows if kind == "suspension"]
    return Facts(
        listings=await species_listings.find(conn, names, whole=loaded.get("taxa", False)),
        suspensions=tuple(one for one in stopped if one is not None),
        takings=await _takings(conn, permits, "quotas" in loaded),
        policies={row["country"]: Policy.model_validate(row["policy"]) for kind, row in rows if kind == "policy"},
        empty=tuple(name for name in LISTS if name not in loaded),
        named=await declarations.named(conn, _counting(arrivals)),
    )


async def of_papers(conn: AsyncConnection, papers: Iterable[Permit | Application]) -> Facts:
    """Read what the listing says of the taxa that papers name, or applications for them."""
    return Facts(await species_listings.find(conn, {line.taxon for terms in papers for line in terms.lines}))


def _counting(arrivals: Iterable[Filed]) -> Iterator[tuple[UUID, str]]:
    """Answer what is said to have counted a use already, by trader and reference."""
    for filed in arrivals:
        for item in filed.document.items:
            for document in item.documents:
                if document.use == CLAIMS and document.counted_by is not None:
                    yield filed.trader, document.counted_by


async def _takings(
    conn: AsyncConnection, permits: Iterable[PermitOnFile], loaded: bool
) -> dict[tuple[UUID, str], tuple[Taking, ...]]:
    return await quota_usage.of(conn, [permit.id for permit in permits]) if loaded else {}


async def _law(conn: AsyncConnection, countries: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """Read in one statement what was ever loaded, and the policies and suspensions of countries."""
    load, policy, stop = reference_loads.c, policies.c, suspensions.c
    loaded = select(literal("load"), _object(list=load.list, whole=func.bool_or(~load.own))).group_by(load.list)
    switched = select(literal("policy"), _object(country=policy.country, policy=policy.policy)).where(
        policy.country == func.any(countries)
    )
    names = "country taxon terms sources purposes applies_to_import starts ends since until".split()
    stopped = select(literal("suspension"), _object(**{name: stop[name] for name in names})).where(
        stop.country == func.any(countries)
    )
    rows = await conn.execute(union_all(loaded, switched, stopped))
    return [(kind, data) for kind, data in rows]


def _object(**columns: Any) -> Any:
    parts = [part for name, column in columns.items() for part in (literal(name), column)]
    return func.jsonb_build_object(*parts, type_=JSONB)


def _suspension(row: dict[str, Any]) -> Suspension | None:
    """Read a suspension with the days on which both it and the list that has it hold; None where there are none."""
    starts, since, gone = _day(row["starts"]), _day(row["since"]), _day(row["until"])
    ends = min(filter(None, (_day(row["ends"]), gone - timedelta(days=1) if gone else None)), default=None)
    if ends is not None and ends < max(filter(None, (starts, since))):
        return None
    return Suspension(
        country=row["country"],
        taxon=row["taxon"],
        terms=tuple(row["terms"]),
        sources=tuple(row["sources"]),
        purposes=tuple(row["purposes"]),
        applies_to_import=row["applies_to_import"],
        starts=starts,
        ends=ends,
        known_from=since,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
