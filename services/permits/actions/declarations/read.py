"""Read the declarations that a party may see."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations.views import declaration_view
from services.permits.store import declarations, permits
from shared.contracts.parties import Party
from shared.contracts.views.declarations import Declarations, DeclarationView
from shared.problems import NotFound


async def read_declaration(engine: AsyncEngine, declaration_id: UUID, party: Party) -> DeclarationView:
    """Return one declaration with its history. Raise NotFound if this party may not read it."""
    async with engine.connect() as conn:
        declaration = await declarations.find(conn, declaration_id, declarations.readable_by(party))
        if declaration is None:
            raise NotFound
        history = (await declarations.histories_by_id(conn, [declaration_id])).get(declaration_id, [])
        permit_keys = await permits.keys_by_id(conn, {citation.permit for citation in declaration.citations})
    return declaration_view(declaration, history, permit_keys, reader=party)


async def list_declarations(
    engine: AsyncEngine, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> Declarations:
    """List declarations, newest first. The cursor is the id of the last one."""
    async with engine.connect() as conn:
        found = await declarations.search(conn, party, filters, limit=limit + 1, before=before)
        ids = [declaration.id for declaration in found]
        histories = await declarations.histories_by_id(conn, ids)
        permit_keys = await permits.keys_by_id(conn, {c.permit for declaration in found for c in declaration.citations})
    data = tuple(
        declaration_view(declaration, histories.get(declaration.id, []), permit_keys, reader=party)
        for declaration in found[:limit]
    )
    return Declarations(data=data, next_cursor=str(ids[limit - 1]) if len(ids) > limit else None)
