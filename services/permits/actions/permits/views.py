"""Gather what the whole view of a permit is written from: its history, its links, its continuation sheet."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions import views
from services.permits.domain.values import PermitOnFile
from services.permits.store import commands, declarations, ledger, permits
from services.permits.store.commands import Command, Kept
from shared.cites.time_zones import latest_day


async def whole(conn: AsyncConnection, found: PermitOnFile, at: datetime) -> views.View:
    """Write a permit whole, as it reads at a moment."""
    linked = {id for id in (found.replaces, found.replaced_by) if id is not None}
    links = await declarations.cited_permits(conn, linked) if linked else {}
    sheet = await ledger.crossings(conn, found.id) if found.many_crossings else ()
    history = await permits.history(conn, found.id)
    return views.permit(found, latest_day(found.terms.issuer, at), history, links, sheet)


async def answer(conn: AsyncConnection, id: UUID, command: Command, status: int = 200, **more: object) -> Kept:
    """Keep the permit as it is now, as the answer of a command."""
    permit = (await permits.lock(conn, [id]))[id]
    view = {**await whole(conn, permit, command.at), **more}
    kept = Kept(status, json.dumps(view), f"/v1/permits/{id}", permit.version)
    await commands.end(conn, command, kept)
    return kept
