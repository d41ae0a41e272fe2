"""Read declarations and permits, each only as far as its reader may."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import views
from services.permits.actions.permits.views import whole
from services.permits.store import declarations, permit_queries, permits
from shared.cites.time_zones import latest_day
from shared.contracts.parties import Party
from shared.contracts.quantities import plain
from shared.problems import NotFound
from shared.signed_tokens import digest

Page = dict[str, Any]


async def declaration(engine: AsyncEngine, id: UUID, party: Party) -> views.View:
    """Read one declaration whole."""
    async with engine.connect() as conn:
        filed = await declarations.find(conn, id, declarations.readable_by(party))
        if filed is None:
            raise NotFound
        history = (await declarations.histories(conn, [id])).get(id, [])
        numbers = await declarations.cited_permits(conn, {citation.permit for citation in filed.citations})
    return views.declaration(filed, history, numbers)


async def list_declarations(
    engine: AsyncEngine, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> Page:
    """List declarations, newest first; the cursor is the last one's id."""
    async with engine.connect() as conn:
        found = await declarations.search(conn, party, filters, limit=limit + 1, before=before)
        ids = [filed.id for filed in found]
        histories = await declarations.histories(conn, ids)
        numbers = await declarations.cited_permits(conn, {c.permit for filed in found for c in filed.citations})
    data = [views.declaration(filed, histories.get(filed.id, []), numbers) for filed in found[:limit]]
    return {"data": data, "next_cursor": str(ids[limit - 1]) if len(ids) > limit else None}


async def permit(engine: AsyncEngine, id: UUID, party: Party, at: datetime, token: str = "") -> views.View:
    """Read one permit: whole for its holders and offices, by its token for a stranger, in short for who cited it."""
    async with engine.connect() as conn:
        found = await permit_queries.find(conn, id, party)
        if found is not None:
            return await whole(conn, found, at)
    if token:
        if (seen := await look(engine, {"id": id}, token, party, at)) is None:
            raise NotFound
        return seen
    async with engine.connect() as conn:
        watched = await permit_queries.find_watched(conn, id, party)
        if watched is None:
            raise NotFound
        mine = await declarations.search(conn, party, {"permit_number": watched.terms.number}, limit=200, before=None)
    used = [
        {
            "declaration_id": str(f.id),
            "line": c.line,
            "reserved": plain(c.reserved),
            "consumed": plain(c.used),
            "unit": c.unit,
        }
        for f in mine
        for c in f.citations
        if c.permit == id
    ]
    if not used:  # who only looked has the token to look again
        raise NotFound
    return views.permit_in_short(watched, latest_day(watched.terms.issuer, at), used)


async def list_permits(
    engine: AsyncEngine,
    party: Party,
    filters: dict[str, str],
    *,
    limit: int,
    before: UUID | None,
    at: datetime,
    token: str = "",
) -> Page:
    """List permits, newest first; a stranger finds the one whose number it asks for and whose token it has."""
    async with engine.connect() as conn:
        found = await permit_queries.search(conn, party, filters, limit=limit + 1, before=before, at=at)
    if not found and token and "number" in filters and filters.keys() <= {"number", "issuer"}:
        seen = await look(engine, filters, token, party, at)
        return {"data": [] if seen is None else [seen], "next_cursor": None}
    data = [views.permit(one, latest_day(one.terms.issuer, at)) for one in found[:limit]]
    return {"data": data, "next_cursor": str(found[limit - 1].id) if len(found) > limit else None}


async def look(engine: AsyncEngine, which: dict[str, Any], token: str, party: Party, at: datetime) -> views.View | None:
    """Read a permit by its own token; that this party looked is written in the same transaction."""
    async with engine.begin() as conn:
        found = await permit_queries.look(conn, which, digest(token))
        if found is None:
            return None
        await permits.watch(conn, [(found.id, party.id)], at)
        return views.permit_for_the_border(found, latest_day(found.terms.issuer, at))
