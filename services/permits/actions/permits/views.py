"""Gather what the whole view of a permit is written from: its history, its links, its continuation sheet."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions import views
from services.permits.domain.values import PermitRecord
from services.permits.store import commands, declarations, ledger, permits
from services.permits.store.commands import IdempotentCommand, StoredResponse
from shared.cites.time_zones import day_in_last_zone


async def load_permit_view(conn: AsyncConnection, permit: PermitRecord, at: datetime) -> views.View:
    """Write a permit whole, as it reads at a moment."""
    linked_ids = {id for id in (permit.replaces, permit.replaced_by) if id is not None}
    links = await declarations.keys_by_id(conn, linked_ids) if linked_ids else {}
    crossings = await ledger.list_crossings(conn, permit.id) if permit.is_for_many_crossings else ()
    history = await permits.list_history(conn, permit.id)
    return views.permit_view(permit, day_in_last_zone(permit.content.issuer, at), history, links, crossings)


async def store_response(
    conn: AsyncConnection, id: UUID, command: IdempotentCommand, status: int = 200, **more: object
) -> StoredResponse:
    """Keep the permit as it is now, as the answer of a command."""
    permit = (await permits.lock(conn, [id]))[id]
    view = {**await load_permit_view(conn, permit, command.at), **more}
    response = StoredResponse(status, json.dumps(view), f"/v1/permits/{id}", permit.version)
    await commands.store_response(conn, command, response)
    return response
