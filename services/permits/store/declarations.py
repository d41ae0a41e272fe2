"""Declarations as they are read and locked: in the order of their ids, after the permits they cite."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store import tables as t
from services.permits.store.from_row import OFFICE_ROLES, Row, declaration_from_row, group_by_id
from services.permits.store.search import list_taxon_words, midnight
from shared.contracts.closed_sets import Movement
from shared.contracts.parties import Party
from shared.database import id_in


async def existing_ids(conn: AsyncConnection, ids: Iterable[UUID]) -> set[UUID]:
    """Answer which of these declarations are on file."""
    return set((await conn.execute(select(t.declarations.c.id).where(id_in(t.declarations.c.id, list(ids))))).scalars())


async def ids_by_reference(conn: AsyncConnection, pairs: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Answer declarations by trader and reference."""
    trader_references = sorted(set(pairs))
    if not trader_references:
        return {}
    c = t.declarations.c
    query = select(c.trader_id, c.reference, c.id).where(tuple_(c.trader_id, c.reference).in_(trader_references))
    return {(row.trader_id, row.reference): row.id for row in await conn.execute(query)}


def readable_by(party: Party) -> ColumnElement[bool]:
    """Say which declarations a party reads: its own, and for offices those out of or into their country."""
    c = t.declarations.c
    mine = or_(c.party_id == party.id, c.trader_id == party.id)
    if OFFICE_ROLES & set(party.roles):
        return or_(mine, c.export_country == party.country, c.import_country == party.country)
    return mine


def decided_by(party: Party) -> ColumnElement[bool]:
    """Say which declarations customs of a country decides: imports into it, exports out of it."""
    c = t.declarations.c
    imports = (c.movement == Movement.IMPORT) & (c.import_country == party.country)
    return imports | (c.movement == Movement.EXPORT) & (c.export_country == party.country)


def citing_permits_of(party: Party) -> ColumnElement[bool]:
    """Say which declarations the authority of a country may consent on: those it reads, or that cite its permits."""
    cited = (
        select(t.citations.c.declaration_id)
        .join(t.permits, t.permits.c.id == t.citations.c.permit_id)
        .where(t.permits.c.issuer == party.country)
    )
    return or_(readable_by(party), t.declarations.c.id.in_(cited))


def lodged_by(party: Party) -> ColumnElement[bool]:
    """Say which declarations are a trader's own to amend or cancel."""
    return or_(t.declarations.c.party_id == party.id, t.declarations.c.trader_id == party.id)


async def find(conn: AsyncConnection, declaration_id: UUID, condition: ColumnElement[bool]) -> DeclarationRecord | None:
    """Read a declaration that is among those meant."""
    rows = (
        (await conn.execute(select(t.declarations).where(t.declarations.c.id == declaration_id, condition)))
        .mappings()
        .all()
    )
    found = await _load(conn, rows)
    return found[0] if found else None


async def lock(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, DeclarationRecord]:
    """Lock declarations by id and read them whole."""
    sorted_ids = sorted(set(ids))
    if not sorted_ids:
        return {}
    c = t.declarations.c
    rows = await conn.execute(
        select(t.declarations).where(id_in(c.id, sorted_ids)).order_by(c.id).with_for_update(key_share=True)
    )
    return {declaration.id: declaration for declaration in await _load(conn, rows.mappings().all())}


async def read_many(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, DeclarationRecord]:
    """Read declarations whole, without holding anybody up."""
    rows = await conn.execute(select(t.declarations).where(id_in(t.declarations.c.id, list(ids))))
    return {declaration.id: declaration for declaration in await _load(conn, rows.mappings().all())}


async def list_open_citing(conn: AsyncConnection, permit: UUID) -> list[UUID]:
    """Answer the accepted and referred declarations that cite a permit (which is locked, so that none is added)."""
    query = (
        select(t.declarations.c.id)
        .join(t.citations, t.citations.c.declaration_id == t.declarations.c.id)
        .where(t.citations.c.permit_id == permit, t.declarations.c.status.in_(("accepted", "referred")))
        .distinct()
    )
    return list((await conn.execute(query)).scalars())


async def list_stale(conn: AsyncConnection, country: str, before: datetime, *, limit: int) -> list[UUID]:
    """Answer unreleased declarations that a country decides, hold something, and to which nothing happened since."""
    c, h, citation = t.declarations.c, t.declaration_history.c, t.citations.c
    decided = or_(
        (c.movement == Movement.IMPORT) & (c.import_country == country),
        (c.movement == Movement.EXPORT) & (c.export_country == country),
    )
    holds = select(citation.declaration_id).where(citation.declaration_id == c.id, citation.reserved > 0).exists()
    since = select(h.id).where(h.declaration_id == c.id, h.at >= before).exists()
    query = select(c.id).where(decided, c.status.in_(("accepted", "referred")), holds, ~since)
    return list((await conn.execute(query.order_by(c.id).limit(limit))).scalars())


async def list_referred(conn: AsyncConnection, after: UUID | None, *, limit: int) -> list[DeclarationRecord]:
    """Read referred declarations, oldest first, from beyond one on."""
    c = t.declarations.c
    query = select(t.declarations).where(c.status == "referred").order_by(c.id).limit(limit)
    rows = await conn.execute(query if after is None else query.where(c.id > after))
    return await _load(conn, rows.mappings().all())


async def list_reserved_permits(conn: AsyncConnection, declaration_id: UUID) -> list[UUID]:
    """Answer the permits on which a declaration holds reservations."""
    c = t.citations.c
    query = select(c.permit_id).where(c.declaration_id == declaration_id, c.reserved > 0).distinct()
    return list((await conn.execute(query)).scalars())


async def read_last_event_time(conn: AsyncConnection, declaration_id: UUID) -> datetime:
    """Answer when something last happened to a declaration."""
    c = t.declaration_history.c
    query = select(func.max(c.at)).where(c.declaration_id == declaration_id)
    found: datetime = (await conn.execute(query)).scalar_one()
    return found


async def search(
    conn: AsyncConnection, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> list[DeclarationRecord]:
    """List declarations that this party reads, newest first."""
    taxa = await list_taxon_words(conn, filters["taxon"]) if "taxon" in filters else ()
    query = search_query(party, filters, taxa, limit=limit, before=before)
    return await _load(conn, (await conn.execute(query)).mappings().all())


def search_query(
    party: Party, filters: dict[str, str], taxa: Sequence[str], *, limit: int, before: UUID | None
) -> Select[Any]:
    """Write the query of a search; `taxa` are the words for the taxon that is asked for."""
    c = t.declarations.c
    query = select(t.declarations).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    return _filtered(query, filters, taxa)


def _filtered(query: Select[Any], filters: dict[str, str], taxa: Sequence[str]) -> Select[Any]:
    c = t.declarations.c
    for name, value in filters.items():
        match name:
            case "taxon":
                query = query.where(c.search_words.has_any(cast(list(taxa), ARRAY(Text))))
            case "permit_number" | "issuer" | "holder":
                query = query.where(c.search_words.has_key(f"{name.removesuffix('_number')}:{value}"))
            case "country":
                query = query.where(or_(c.export_country == value, c.import_country == value))
            case "from":
                query = query.where(c.received_at >= midnight(value))
            case "to":
                query = query.where(c.received_at < midnight(value) + timedelta(days=1))
            case _:
                query = query.where(c[name] == value)
    return query


async def _load(conn: AsyncConnection, rows: Sequence[Row]) -> list[DeclarationRecord]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    c = t.citations.c
    query = select(t.citations).where(id_in(c.declaration_id, ids)).order_by(c.item, c.permit_id, c.line)
    citations = group_by_id(await conn.execute(query), "declaration_id")
    return [declaration_from_row(row, citations.get(row["id"], ())) for row in rows]


async def histories_by_id(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Read what became of declarations, oldest first."""
    c = t.declaration_history.c
    query = select(t.declaration_history).where(id_in(c.declaration_id, list(ids))).order_by(c.sequence)
    return group_by_id(await conn.execute(query), "declaration_id")
