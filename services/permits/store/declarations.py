"""Find, lock, list and search declarations. All callers lock in the order of ids, after the cited permits."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules.transit import exit_is_in_time
from services.permits.store import mandates
from services.permits.store import tables as t
from services.permits.store.from_row import OFFICE_ROLES, Row, declaration_from_row, group_by_id
from services.permits.store.search import holder_word, list_taxon_words, midnight, permit_word
from shared.contracts.closed_sets import Movement, Role
from shared.contracts.comparison import comparison_key
from shared.contracts.parties import Party
from shared.database import id_in

RECORD_COLUMNS = tuple(c for c in t.declarations.c if c.computed is None and c.name != "search_words")
"""The columns of a whole declaration."""
SUMMARY_COLUMNS = (
    *(c for c in t.declarations.c if c.name not in {"content", "findings", "search_words"}),
    (func.pg_column_size(t.declarations.c.content) + func.pg_column_size(t.declarations.c.findings)).label(
        "stored_bytes"
    ),
)
"""The columns of a summary. None of them is stored apart from its row, so PostgreSQL reads no other page for them."""


async def existing_ids(conn: AsyncConnection, ids: Iterable[UUID]) -> set[UUID]:
    """Return the ids of those declarations that are stored."""
    return set((await conn.execute(select(t.declarations.c.id).where(id_in(t.declarations.c.id, list(ids))))).scalars())


async def ids_by_reference(conn: AsyncConnection, pairs: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Return the ids of declarations by trader and key of the reference."""
    trader_references = sorted(set(pairs))
    if not trader_references:
        return {}
    c = t.declarations.c
    named = tuple_(c.trader_id, c.reference_key).in_(trader_references)
    query = select(c.trader_id, c.reference_key, c.id).where(named)
    return {(row.trader_id, row.reference_key): row.id for row in await conn.execute(query)}


def readable_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on declarations that a party may read: its own, and for offices those of their country.

    An agent reads what it lodged for the traders that it represents today.
    """
    c = t.declarations.c
    lodged = and_(c.party_id == party.id, c.trader_id.in_(mandates.represented_traders(party.id)))
    mine = or_(c.trader_id == party.id, lodged)
    if OFFICE_ROLES & set(party.roles):
        countries = (c.export_country, c.import_country, c.transit_country)
        office = or_(mine, *(column == party.country for column in countries))
        return or_(office, _acting_for_member(party.country)) if Role.CUSTOMS in party.roles else office
    return mine


def decided_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on declarations that customs of a country decides: its imports, exports and transits.

    In a customs union it also decides those of a member that names it, if they are declared at its own offices.
    """
    return or_(_decided_in(party.country), _acting_for_member(party.country))


def _acting_for_member(country: str) -> ColumnElement[bool]:
    """Return the condition on declarations at offices of a country that the policy of the deciding country names."""
    c, policy = t.declarations.c, t.policies.c
    deciding = case(
        (c.movement == Movement.IMPORT, c.import_country),
        (c.movement == Movement.EXPORT, c.export_country),
        else_=c.transit_country,
    )
    names = policy.policy["customs_of_members"].contains([country])
    members = select(policy.country).where(names).scalar_subquery()
    return and_(c.acting_country == country, deciding.in_(members))


def _decided_in(country: str) -> ColumnElement[bool]:
    c = t.declarations.c
    return or_(
        (c.movement == Movement.IMPORT) & (c.import_country == country),
        (c.movement == Movement.EXPORT) & (c.export_country == country),
        c.transit_country == country,
    )


def citing_permits_of(party: Party) -> ColumnElement[bool]:
    """Return the condition on declarations that an authority may consent to: readable ones, or citing its permits."""
    cited = (
        select(t.citations.c.declaration_id)
        .join(t.permits, t.permits.c.id == t.citations.c.permit_id)
        .where(t.permits.c.issuer == party.country)
    )
    return or_(readable_by(party), t.declarations.c.id.in_(cited))


def lodged_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on declarations that a party may amend or cancel, as its trader or its agent."""
    return or_(t.declarations.c.party_id == party.id, t.declarations.c.trader_id == party.id)


async def find(conn: AsyncConnection, declaration_id: UUID, condition: ColumnElement[bool]) -> DeclarationRecord | None:
    """Return a declaration with its citations if it meets a condition, else None."""
    rows = (
        (await conn.execute(select(*RECORD_COLUMNS).where(t.declarations.c.id == declaration_id, condition)))
        .mappings()
        .all()
    )
    found = await _load(conn, rows)
    return found[0] if found else None


async def lock(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, DeclarationRecord]:
    """Lock declarations in the order of ids. Return them by id, with their citations."""
    sorted_ids = sorted(set(ids))
    if not sorted_ids:
        return {}
    c = t.declarations.c
    rows = await conn.execute(
        select(*RECORD_COLUMNS).where(id_in(c.id, sorted_ids)).order_by(c.id).with_for_update(key_share=True)
    )
    return {declaration.id: declaration for declaration in await _load(conn, rows.mappings().all())}


async def read_many(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, DeclarationRecord]:
    """Return declarations by id, with their citations. Take no lock."""
    rows = await conn.execute(select(*RECORD_COLUMNS).where(id_in(t.declarations.c.id, list(ids))))
    return {declaration.id: declaration for declaration in await _load(conn, rows.mappings().all())}


async def list_open_citing(conn: AsyncConnection, permit: UUID) -> list[UUID]:
    """List the accepted and referred declarations that cite a permit. The caller holds its lock, so none is added."""
    query = (
        select(t.declarations.c.id)
        .join(t.citations, t.citations.c.declaration_id == t.declarations.c.id)
        .where(t.citations.c.permit_id == permit, t.declarations.c.status.in_(("accepted", "referred")))
        .distinct()
    )
    return list((await conn.execute(query)).scalars())


async def list_stale(conn: AsyncConnection, country: str, before: datetime, *, limit: int) -> list[UUID]:
    """List unreleased declarations of a deciding country that have reservations and no event since a time."""
    c, h, citation = t.declarations.c, t.declaration_history.c, t.citations.c
    holds = select(citation.declaration_id).where(citation.declaration_id == c.id, citation.reserved > 0).exists()
    since = select(h.id).where(h.declaration_id == c.id, h.at >= before).exists()
    query = select(c.id).where(_decided_in(country), c.status.in_(("accepted", "referred")), holds, ~since)
    return list((await conn.execute(query.order_by(c.id).limit(limit))).scalars())


async def list_overdue_transits(conn: AsyncConnection, day: date, *, limit: int) -> list[UUID]:
    """List the open transits whose exit was due before a day, and that have no finding about it."""
    c = t.declarations.c
    has_finding = c.findings.contains([{"rule": exit_is_in_time.name}])
    is_overdue = and_(c.exit_due < day, c.status.in_(("accepted", "referred")), ~has_finding)
    return list((await conn.execute(select(c.id).where(is_overdue).order_by(c.id).limit(limit))).scalars())


async def list_referred(conn: AsyncConnection, after: UUID | None, *, limit: int) -> list[DeclarationRecord]:
    """List referred declarations after an id, oldest first."""
    c = t.declarations.c
    query = select(*RECORD_COLUMNS).where(c.status == "referred").order_by(c.id).limit(limit)
    rows = await conn.execute(query if after is None else query.where(c.id > after))
    return await _load(conn, rows.mappings().all())


async def list_reserved_permits(conn: AsyncConnection, declaration_id: UUID) -> list[UUID]:
    """List the permits on which a declaration has reservations."""
    c = t.citations.c
    query = select(c.permit_id).where(c.declaration_id == declaration_id, c.reserved > 0).distinct()
    return list((await conn.execute(query)).scalars())


async def read_last_event_time(conn: AsyncConnection, declaration_id: UUID) -> datetime:
    """Return the time of a declaration's last event."""
    c = t.declaration_history.c
    query = select(func.max(c.at)).where(c.declaration_id == declaration_id)
    found: datetime = (await conn.execute(query)).scalar_one()
    return found


async def list_summaries(
    conn: AsyncConnection, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> Sequence[Row]:
    """List the summaries of declarations that this party may read, newest first.

    `stored_bytes` is the size of a whole declaration in the database, compressed. PostgreSQL knows it without a read of
    the large columns.
    """
    taxa = await list_taxon_words(conn, filters["taxon"]) if "taxon" in filters else ()
    query = search_query(party, filters, taxa, limit=limit, before=before)
    rows: Sequence[Row] = (await conn.execute(query)).mappings().all()
    return rows


def search_query(
    party: Party, filters: dict[str, str], taxa: Sequence[str], *, limit: int, before: UUID | None
) -> Select[Any]:
    """Return the query of a search. `taxa` are the search words of the requested taxon."""
    c = t.declarations.c
    query = select(*SUMMARY_COLUMNS).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    return _filtered(query, filters, taxa)


def _filtered(query: Select[Any], filters: dict[str, str], taxa: Sequence[str]) -> Select[Any]:
    c = t.declarations.c
    for name, value in filters.items():
        match name:
            case "taxon":
                query = query.where(c.search_words.has_any(cast(list(taxa), ARRAY(Text))))
            case "holder":
                query = query.where(c.search_words.has_key(holder_word(value)))
            case "permit_number":
                query = query.where(c.search_words.has_key(permit_word(value)))
            case "reference":
                query = query.where(c.reference_key == comparison_key(value))
            case "issuer":
                query = query.where(c.search_words.has_key(f"issuer:{value}"))
            case "country":
                countries = (c.export_country, c.import_country, c.transit_country)
                query = query.where(or_(*(column == value for column in countries)))
            case "from":
                query = query.where(c.received_at >= midnight(value))
            case "to":
                query = query.where(c.received_at < midnight(value) + timedelta(days=1))
            case _:
                query = query.where(c[name] == value)
    return query


async def list_own_uses(conn: AsyncConnection, permit: UUID, party: Party, *, limit: int) -> Sequence[Row]:
    """List the citations of a permit by declarations that this party may read, of the newest declaration first."""
    c = t.citations.c
    query = (
        select(t.citations)
        .join(t.declarations, t.declarations.c.id == c.declaration_id)
        .where(c.permit_id == permit, readable_by(party))
        .order_by(c.declaration_id.desc(), c.item, c.line)
        .limit(limit)
    )
    return (await conn.execute(query)).mappings().all()


async def _load(conn: AsyncConnection, rows: Sequence[Row]) -> list[DeclarationRecord]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    c = t.citations.c
    query = select(t.citations).where(id_in(c.declaration_id, ids)).order_by(c.item, c.permit_id, c.line)
    citations = group_by_id(await conn.execute(query), "declaration_id")
    return [declaration_from_row(row, citations.get(row["id"], ())) for row in rows]


async def histories_by_id(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Return the history of declarations by id, oldest first."""
    c = t.declaration_history.c
    query = select(t.declaration_history).where(id_in(c.declaration_id, list(ids))).order_by(c.sequence)
    return group_by_id(await conn.execute(query), "declaration_id")
