"""The responses to commands: the hub sends and stores the same bytes."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import commands
from shared import idempotency
from shared.contracts.fields import WireModel
from shared.idempotency import IdempotentCommand, StoredResponse


async def store_response(
    conn: AsyncConnection, command: IdempotentCommand, view: WireModel, *, status: int
) -> StoredResponse:
    """Store and return the response to a command that was begun in this transaction. It holds no secret."""
    response = StoredResponse(status=status, body=view.model_dump_json())
    await idempotency.store_response(conn, commands, command, response)
    return response
