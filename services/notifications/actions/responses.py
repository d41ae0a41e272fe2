"""The responses to commands, as they are sent and stored."""

import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import commands
from shared import idempotency
from shared.idempotency import IdempotentCommand, StoredResponse


def render_json(content: dict[str, Any]) -> str:
    """Return content as JSON text, without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


async def store_response(
    conn: AsyncConnection, command: IdempotentCommand, content: dict[str, Any], *, status: int
) -> StoredResponse:
    """Store and return the response to a command that was begun in this transaction. It holds no secret."""
    response = StoredResponse(status=status, body=render_json(content))
    await idempotency.store_response(conn, commands, command, response)
    return response
