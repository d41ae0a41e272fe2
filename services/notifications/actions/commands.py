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
class Command:
    """What was asked, by whom, under which id; the fingerprint tells two bodies apart."""

    party: UUID
    id: UUID
    fingerprint: bytes


@dataclass(frozen=True)
class Done:
    """What a command is answered, and whether it was done before."""

    answer: dict[str, Any]
    replayed: bool = False


async def kept(conn: AsyncConnection, command: Command, *, at: datetime) -> Done | None:
    """Answer what the command was answered before, or None when it is to be done now, in this transaction.

    Raises Invalid (idempotency-key-reused) when another body came under the same id.
    """
    row = await store.begin(conn, command.party, command.id, fingerprint=command.fingerprint, at=at)
    if row is None:
        return None
    if bytes(row["fingerprint"]) != command.fingerprint:
        detail = "This Idempotency-Key was used with another body. Send the same body, or a new key."
        raise Invalid("idempotency-key-reused", detail)
    return Done(json.loads(row["answer"]), replayed=True)


async def keep(conn: AsyncConnection, command: Command, answer: dict[str, Any]) -> Done:
    """Keep the answer of a command that was done in this transaction."""
    await store.end(conn, command.party, command.id, json.dumps(answer))
    return Done(answer)
