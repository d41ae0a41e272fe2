"""Read the permits, or the parts of permits, that a party may see."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.permits.views import load_permit_view, permit_summary, permit_view, permit_view_by_token
from services.permits.domain.model.permits import PermitRecord
from services.permits.store import declarations, permit_queries, permits
from services.permits.store.from_row import Row
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.parties import Party
from shared.contracts.quantities import format_quantity
from shared.contracts.views.pages import STORED_BYTES_PER_BATCH, BoundedPage, RenderedPage, batches_by_size, render_rows
from shared.contracts.views.parts import render_json
from shared.contracts.views.permits import CitedPermitView, OwnUsage, PermitByToken, PermitView
from shared.database import plan_by_values
from shared.limits import Limit, LimitSubject
from shared.problems import NotFound
from shared.secret_tokens import secret_digest

OWN_USES = Limit(
    1_000,
    "uses",
    subject=LimitSubject.LISTS,
    meaning="Own uses of a permit that a party reads with the permit that it cited",
    beyond="The hub shows those of the newest declarations.",
)


async def read_permit(
    engine: AsyncEngine, permit_id: UUID, party: Party, at: datetime, token: str = ""
) -> PermitView | PermitByToken | CitedPermitView:
    """Return one permit as its reader may see it. Raise NotFound.

    Its holders and offices see all of it, a party with its token a part, and a party that cited it a summary.
    """
    async with engine.connect() as conn:
        found = await permit_queries.find(conn, permit_id, party)
        if found is not None:
            return await load_permit_view(conn, found, at)
    if token:
        if (view := await find_by_token(engine, {"id": permit_id}, token, party, at)) is None:
            raise NotFound
        return view
    async with engine.connect() as conn:
        watched = await permit_queries.find_watched(conn, permit_id, party)
        if watched is None:
            raise NotFound
        uses = await declarations.list_own_uses(conn, permit_id, party, limit=OWN_USES)
    used = tuple(
        OwnUsage(
            declaration_id=use["declaration_id"],
            line=use["line"],
            reserved=format_quantity(use["reserved"]),
            consumed=format_quantity(use["used"]),
            unit=use["unit"],
        )
        for use in uses
    )
    if not used:  # a party that only read it by token can use the token again
        raise NotFound
    return permit_summary(watched, day_in_last_zone(watched.content.issuer, at), used)


async def list_permits(
    engine: AsyncEngine,
    party: Party,
    filters: dict[str, str],
    *,
    limit: int,
    before: UUID | None,
    at: datetime,
    token: str = "",
) -> RenderedPage:
    """List permits, newest first, up to the limit of bytes.

    A stranger with a permit's number and its token finds that permit. A look-up by number costs one query. Another list
    first reads the sizes, so that few large permits are in memory at a time.
    """
    async with engine.connect() as conn:
        if "number" in filters:
            found = await permit_queries.search(conn, party, filters, limit=limit + 1, before=before, at=at)
            rows = (_render_permit(permit, at) for permit in found[:limit])
            page = render_rows(rows, [str(permit.id) for permit in found])
        else:
            await plan_by_values(conn)
            listed = await permit_queries.list_sizes(conn, party, filters, limit=limit + 1, before=before, at=at)
            return await _render_listed(conn, listed, limit, at)
    if not found and token and filters.keys() <= {"number", "issuer"}:
        view = await find_by_token(engine, filters, token, party, at)
        return render_rows(() if view is None else (render_json(view),), ())
    return page


async def _render_listed(conn: AsyncConnection, listed: Sequence[Row], limit: int, at: datetime) -> RenderedPage:
    page = BoundedPage()
    for batch in batches_by_size(listed[:limit], size=lambda row: row["stored_bytes"], most=STORED_BYTES_PER_BATCH):
        records = await permits.read_many(conn, [row["id"] for row in batch])
        if not all(page.add(_render_permit(records[row["id"]], at)) for row in batch):
            break
    return page.render([str(row["id"]) for row in listed])


def _render_permit(permit: PermitRecord, at: datetime) -> str:
    return render_json(permit_view(permit, day_in_last_zone(permit.content.issuer, at)))


async def find_by_token(
    engine: AsyncEngine, criteria: dict[str, Any], token: str, party: Party, at: datetime
) -> PermitByToken | None:
    """Return a permit by its token, or None. Store the party as a watcher of the permit in the same transaction."""
    async with engine.begin() as conn:
        found = await permit_queries.find_by_token(conn, criteria, secret_digest(token))
        if found is None:
            return None
        await permits.add_reader(conn, found.id, party.id, at)
        return permit_view_by_token(found, day_in_last_zone(found.content.issuer, at))
