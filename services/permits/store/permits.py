"""Permits as they are read and locked: always in the order of their ids, always before declarations.

The lock is FOR NO KEY UPDATE: no key ever changes, and a check of a foreign key, which asks for KEY SHARE of a row
that its own transaction holds, would else queue behind those who wait for it, and make a ring.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.values import PermitOnFile
from services.permits.store import tables as t
from services.permits.store.rows import OFFICES, Row, grouped, permit_of
from shared.contracts.people import Party
from shared.database import columns, many


async def lock_cited(conn: AsyncConnection, keys: Iterable[tuple[str, str]]) -> list[PermitOnFile]:
    """Lock the permits with these issuers and numbers that are here, and read them whole."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    return await _lock(conn, tuple_(t.permits.c.issuer, t.permits.c.number).in_(wanted))


async def read_cited(conn: AsyncConnection, keys: Iterable[tuple[str, str]]) -> list[PermitOnFile]:
    """Read the permits with these issuers and numbers whole, without holding anybody up."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    query = select(t.permits).where(tuple_(t.permits.c.issuer, t.permits.c.number).in_(wanted))
    return await _whole(conn, (await conn.execute(query)).mappings().all(), uses=True)


async def lock(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, PermitOnFile]:
    """Lock permits by id and read them whole."""
    wanted = sorted(set(ids))
    found = await _lock(conn, t.permits.c.id.in_(wanted)) if wanted else []
    return {permit.id: permit for permit in found}


async def held_beside(conn: AsyncConnection, ids: Iterable[UUID]) -> set[UUID]:
    """Answer the permits on which declarations hold reservations that hold import reservations of these."""
    c, other = t.citations.c, t.citations.alias()
    query = (
        select(other.c.permit_id)
        .join(t.citations, c.declaration_id == other.c.declaration_id)
        .where(c.permit_id.in_(list(ids)), c.side == "import", c.reserved > 0, other.c.reserved > 0)
        .distinct()
    )
    return set((await conn.execute(query)).scalars())


async def _lock(conn: AsyncConnection, which: ColumnElement[bool]) -> list[PermitOnFile]:
    rows = (
        await conn.execute(select(t.permits).where(which).order_by(t.permits.c.id).with_for_update(key_share=True))
    ).mappings()
    return await _whole(conn, rows.all(), uses=True)


async def _whole(conn: AsyncConnection, rows: Sequence[Row], *, uses: bool = False) -> list[PermitOnFile]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    lines = select(t.permit_lines).where(t.permit_lines.c.permit_id.in_(ids))
    by_permit = grouped((await conn.execute(lines)).mappings(), "permit_id")
    cited: dict[UUID, list[Row]] = {}
    if uses:
        c = t.citations.c
        standing = select(t.citations).where(c.permit_id.in_(ids), or_(c.reserved > 0, c.used > 0, c.counted > 0))
        cited = grouped((await conn.execute(standing)).mappings(), "permit_id")
    return [permit_of(row, by_permit[row["id"]], cited.get(row["id"], ())) for row in rows]


def readable_by(party: Party) -> ColumnElement[bool]:
    """Say which permits a party reads whole: those that name it, and for offices those of their country."""
    c = t.permits.c
    mine = or_(c.exporter_identifier.in_(party.numbers), c.importer_identifier.in_(party.numbers))
    if OFFICES & set(party.roles):
        here = party.country
        return or_(mine, c.issuer == here, c.export_country == here, c.import_country == here)
    return mine


async def find(conn: AsyncConnection, id: UUID, party: Party) -> PermitOnFile | None:
    """Read a permit that this party may read whole."""
    rows = (await conn.execute(select(t.permits).where(t.permits.c.id == id, readable_by(party)))).mappings().all()
    found = await _whole(conn, rows)
    return found[0] if found else None


async def find_watched(conn: AsyncConnection, id: UUID, party: Party) -> PermitOnFile | None:
    """Read a permit that this party cited, and so may know the status of."""
    watched = select(t.permit_watchers.c.permit_id).where(t.permit_watchers.c.party_id == party.id)
    rows = (await conn.execute(select(t.permits).where(t.permits.c.id == id, t.permits.c.id.in_(watched)))).mappings()
    found = await _whole(conn, rows.all())
    return found[0] if found else None


async def search(
    conn: AsyncConnection,
    party: Party,
    filters: dict[str, str],
    *,
    limit: int,
    before: UUID | None,
    day: date,
) -> list[PermitOnFile]:
    """List permits that this party reads, newest first; `day` tells the expired from the others."""
    c = t.permits.c
    query = select(t.permits).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    rows = (await conn.execute(_filtered(query, filters, day))).mappings().all()
    return await _whole(conn, rows)


def _filtered(query: Select[Any], filters: dict[str, str], day: date) -> Select[Any]:
    c = t.permits.c
    live = c.status.in_(("issued", "endorsed"))
    for name, value in filters.items():
        match name:
            case "status" if value == "expired":
                query = query.where(live, c.valid_until < day)
            case "status" if value in {"issued", "endorsed"}:
                query = query.where(c.status == value, c.valid_until >= day)
            case "taxon":
                named = select(t.permit_lines.c.permit_id).where(
                    t.permit_lines.c.permit_id == c.id, func.lower(t.permit_lines.c.taxon) == value.lower()
                )
                query = query.where(named.exists())
            case "holder":
                query = query.where(or_(c.exporter_identifier == value, c.importer_identifier == value))
            case _:
                query = query.where(c[name] == value)
    return query


async def watchers(conn: AsyncConnection, id: UUID) -> frozenset[UUID]:
    """Answer who cited a permit."""
    query = select(t.permit_watchers.c.party_id).where(t.permit_watchers.c.permit_id == id)
    return frozenset((await conn.execute(query)).scalars())


async def watch(conn: AsyncConnection, pairs: Iterable[tuple[UUID, UUID]], at: datetime) -> None:
    """Remember who cited which permit: (permit, party)."""
    rows = [{"permit_id": permit, "party_id": party, "since": at} for permit, party in sorted(set(pairs))]
    if rows:
        names = ("permit_id", "party_id", "since")
        await conn.execute(many(t.permit_watchers, names, ending="ON CONFLICT DO NOTHING"), columns(rows, names))


async def history(conn: AsyncConnection, id: UUID) -> Sequence[Row]:
    """Read what became of a permit, oldest first."""
    query = select(t.permit_history).where(t.permit_history.c.permit_id == id).order_by(t.permit_history.c.sequence)
    return (await conn.execute(query)).mappings().all()
