"""Looking up parties and credentials for the admin, in the database itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping

from services.gateway.actions.context import GatewayContext
from services.gateway.store import credentials, parties
from shared.contracts.parties import Party
from shared.database import now
from shared.problems import NotFound


async def read_party(context: GatewayContext, party_id: UUID) -> Party:
    """Read one party."""
    async with context.engine.connect() as conn:
        found = await parties.find(conn, party_id)
    if found is None:
        raise NotFound
    return found


async def list_parties(context: GatewayContext, *, before: UUID | None, limit: int) -> list[Party]:
    """Read up to `limit` parties made before one, newest first."""
    async with context.engine.connect() as conn:
        return await parties.list_page(conn, before=before, limit=limit)


async def list_credentials(
    context: GatewayContext, party_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Read up to `limit` living credentials, made before one, of a party that is there; their ids rise with time."""
    async with context.engine.connect() as conn:
        if await parties.find(conn, party_id) is None:
            raise NotFound
        last = None if before is None else str(before)
        return await credentials.list_by_party(conn, party_id, before=last, limit=limit, at=now())
