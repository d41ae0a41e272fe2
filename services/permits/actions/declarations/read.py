"""Read the declarations that a party may see."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations.views import declaration_summary, declaration_view, expanded_summary
from services.permits.store import declarations, permits
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import DeclarationPart
from shared.contracts.parties import Party
from shared.contracts.views.declarations import DeclarationSummary, DeclarationView
from shared.contracts.views.pages import STORED_BYTES_PER_BATCH, BoundedPage, RenderedPage, batches_by_size
from shared.contracts.views.parts import render_json
from shared.database import plan_by_values
from shared.problems import NotFound


async def read_declaration(engine: AsyncEngine, declaration_id: UUID, party: Party) -> DeclarationView:
    """Return one declaration with its history. Raise NotFound if this party may not read it."""
    async with engine.connect() as conn:
        declaration = await declarations.find(conn, declaration_id, declarations.readable_by(party))
        if declaration is None:
            raise NotFound
        history = (await declarations.histories_by_id(conn, [declaration_id])).get(declaration_id, [])
        permit_names = await permits.names_by_id(conn, {citation.permit for citation in declaration.citations})
    return declaration_view(declaration, history, permit_names, reader=party)


async def list_declarations(
    engine: AsyncEngine,
    party: Party,
    filters: dict[str, str],
    *,
    expand: frozenset[DeclarationPart] = frozenset(),
    limit: int,
    before: UUID | None,
) -> RenderedPage:
    """List summaries of declarations, newest first, up to the limit of bytes. The cursor is the id of the last one."""
    page = BoundedPage()
    async with engine.connect() as conn:
        await plan_by_values(conn)
        rows = await declarations.list_summaries(conn, party, filters, limit=limit + 1, before=before)
        async for summary in _summaries(conn, rows[:limit], party, expand):
            if not page.add(render_json(summary)):
                break
    return page.render([str(row["id"]) for row in rows])


async def _summaries(
    conn: AsyncConnection, rows: Sequence[Row], party: Party, expand: frozenset[DeclarationPart]
) -> AsyncIterator[DeclarationSummary]:
    """Yield summaries with their expanded parts. Few large declarations are in memory at a time."""
    if not expand:
        for row in rows:
            yield declaration_summary(row)
        return
    for batch in batches_by_size(rows, size=lambda row: row["stored_bytes"], most=STORED_BYTES_PER_BATCH):
        views = await _load_views(conn, [row["id"] for row in batch], party)
        for row in batch:
            yield expanded_summary(row, views[row["id"]], expand)


async def _load_views(conn: AsyncConnection, ids: list[UUID], party: Party) -> dict[UUID, DeclarationView]:
    records = await declarations.read_many(conn, ids)
    histories = await declarations.histories_by_id(conn, ids)
    permit_names = await permits.names_by_id(conn, {c.permit for record in records.values() for c in record.citations})
    return {
        record.id: declaration_view(record, histories.get(record.id, []), permit_names, reader=party)
        for record in records.values()
    }
