"""Find and search the permits that a party may read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, cast, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.permits import PermitRecord
from services.permits.store import tables as t
from services.permits.store.expiry import can_expire, is_past_validity
from services.permits.store.from_row import OFFICE_ROLES, Row
from services.permits.store.permits import PERMIT_COLUMNS, is_watching, load_permits
from services.permits.store.search import holder_word, list_taxon_words
from shared.contracts.comparison import comparison_key
from shared.contracts.parties import Party


def readable_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on permits that a party may read: those that name it, and for offices of their country."""
    c = t.permits.c
    mine = or_(c.exporter_key.in_(party.identifier_keys), c.importer_key.in_(party.identifier_keys))
    if OFFICE_ROLES & set(party.roles):
        country = party.country
        return or_(mine, c.issuer == country, c.export_country == country, c.import_country == country)
    return mine


async def find(conn: AsyncConnection, permit_id: UUID, party: Party) -> PermitRecord | None:
    """Return a permit if this party may read it, else None."""
    rows = (
        (await conn.execute(select(*PERMIT_COLUMNS).where(t.permits.c.id == permit_id, readable_by(party))))
        .mappings()
        .all()
    )
    found = await load_permits(conn, rows)
    return found[0] if found else None


async def find_watched(conn: AsyncConnection, permit_id: UUID, party: Party) -> PermitRecord | None:
    """Return a permit if this party cited it or read it by token, else None."""
    watched = select(t.permit_watchers.c.permit_id).where(t.permit_watchers.c.party_id == party.id, is_watching())
    rows = (
        await conn.execute(select(*PERMIT_COLUMNS).where(t.permits.c.id == permit_id, t.permits.c.id.in_(watched)))
    ).mappings()
    found = await load_permits(conn, rows.all())
    return found[0] if found else None


async def search(
    conn: AsyncConnection,
    party: Party,
    filters: dict[str, str],
    *,
    limit: int,
    before: UUID | None,
    at: datetime,
) -> list[PermitRecord]:
    """List permits that this party may read, newest first. `at` is the moment at which a permit is expired or not."""
    taxa = await list_taxon_words(conn, filters["taxon"]) if "taxon" in filters else ()
    query = search_query(party, filters, taxa, limit=limit, before=before, at=at)
    return await load_permits(conn, (await conn.execute(query)).mappings().all())


async def list_sizes(
    conn: AsyncConnection,
    party: Party,
    filters: dict[str, str],
    *,
    limit: int,
    before: UUID | None,
    at: datetime,
) -> Sequence[Row]:
    """List the ids of permits as `search` lists permits, each with the bytes of its content in the database."""
    taxa = await list_taxon_words(conn, filters["taxon"]) if "taxon" in filters else ()
    c = t.permits.c
    query = search_query(party, filters, taxa, limit=limit, before=before, at=at)
    sizes = query.with_only_columns(c.id, func.pg_column_size(c.content).label("stored_bytes"))
    rows: Sequence[Row] = (await conn.execute(sizes)).mappings().all()
    return rows


def search_query(
    party: Party, filters: dict[str, str], taxa: Sequence[str], *, limit: int, before: UUID | None, at: datetime
) -> Select[Any]:
    """Return the query of a search. `taxa` are the search words of the requested taxon."""
    c = t.permits.c
    query = select(*PERMIT_COLUMNS).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    return _filtered(query, filters, taxa, at)


def _filtered(query: Select[Any], filters: dict[str, str], taxa: Sequence[str], at: datetime) -> Select[Any]:
    c = t.permits.c
    for name, value in filters.items():
        match name:
            case "status" if value == "expired":
                query = query.where(can_expire(), is_past_validity(at))
            case "status" if value in {"issued", "endorsed"}:
                query = query.where(c.status == value, not_(is_past_validity(at)))
            case "taxon":
                query = query.where(c.search_words.has_any(cast(list(taxa), ARRAY(Text))))
            case "holder":
                query = query.where(c.search_words.has_key(holder_word(value)))
            case "number":
                query = query.where(c.number_key == comparison_key(value))
            case "from":
                query = query.where(c.issued_on >= date.fromisoformat(value))
            case "to":
                query = query.where(c.issued_on <= date.fromisoformat(value))
            case _:
                query = query.where(c[name] == value)
    return query


async def find_by_token(conn: AsyncConnection, criteria: dict[str, Any], token_digest: bytes) -> PermitRecord | None:
    """Return a permit by the SHA-256 digest of its token, or None. Lock it until the caller has stored the watcher.

    FOR SHARE waits for a concurrent revocation and makes a later one wait. So either the revocation notifies this
    party, or this party reads the revoked permit.
    """
    c = t.permits.c
    query = select(*PERMIT_COLUMNS).where(c.token_digest == token_digest, *_named_by(criteria))
    found = await load_permits(conn, (await conn.execute(query.with_for_update(read=True))).mappings().all())
    return found[0] if found else None


def _named_by(criteria: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions on the permit that a stranger names: by its id, its number or its issuer."""
    c = t.permits.c
    for name, value in criteria.items():
        yield c.number_key == comparison_key(value) if name == "number" else c[name] == value
