"""A command is done once: asked again it is answered again, from what was kept with its effect."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store import commands as store
from shared.problems import Invalid


@dataclass(frozen=True)
class IdempotentCommand:
    """What was asked, by whom, under which id; the fingerprint tells two bodies apart."""

    party: UUID
    id: UUID
    fingerprint: bytes


@dataclass(frozen=True)
class StoredResponse:
    """What a command is answered, and whether it was done before."""

    body: dict[str, Any]
    replayed: bool = False


async def find_stored_response(
    conn: AsyncConnection, command: IdempotentCommand, *, at: datetime
) -> StoredResponse | None:
    """Answer what the command was answered before, or None when it is to be done now, in this transaction.

    Raises Invalid (idempotency-key-reused) when another body came under the same id.
    """
    row = await store.begin(conn, command.party, command.id, fingerprint=command.fingerprint, at=at)
    if row is None:
        return None
    if bytes(row["fingerprint"]) != command.fingerprint:
        detail = "This Idempotency-Key was used with another body. Send the same body, or a new key."
        raise Invalid("idempotency-key-reused", detail)
    return StoredResponse(json.loads(row["response"]), replayed=True)


async def store_response(conn: AsyncConnection, command: IdempotentCommand, body: dict[str, Any]) -> StoredResponse:
    """Keep the answer of a command that was done in this transaction."""
    await store.complete(conn, command.party, command.id, json.dumps(body))
    return StoredResponse(body)
