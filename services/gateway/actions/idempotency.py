"""What an Idempotency-Key promises of the gateway's own creations: one effect, one answer, whoever asks how often."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store import stored_responses
from shared.problems import Invalid


@dataclass(frozen=True)
class IdempotentCommand:
    """Under which key, of whom, for which route, a thing is asked; and the fingerprint of what is asked."""

    party_id: UUID
    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class StoredResponse:
    """The answer to a creation: its body, and whether it had been given before."""

    body: bytes
    replayed: bool = False


def make_command(party_id: UUID, route: str, key: str | None, body: bytes) -> IdempotentCommand | None:
    """Answer what a key stands for; None when no key was sent."""
    return None if key is None else IdempotentCommand(party_id, route, key, hashlib.sha256(body).digest())


async def store_response(
    conn: AsyncConnection, command: IdempotentCommand | None, body: bytes, *, at: datetime
) -> bytes | None:
    """Keep the answer in the transaction of its effect; answers the one that was kept before, if one was.

    Raises Invalid when the key was used for something else. A rival under the same key is waited for.
    """
    if command is None:
        return None
    is_new = await stored_responses.add(
        conn, command.party_id, command.route, command.key, fingerprint=command.fingerprint, body=body, at=at
    )
    if is_new:
        return None
    stored = await find_response(conn, command)
    if stored is None:
        raise key_reused()
    return stored


async def find_response(conn: AsyncConnection, command: IdempotentCommand | None) -> bytes | None:
    """Answer what was kept under a key, if anything was; raises Invalid when it was used for something else."""
    stored = (
        None if command is None else await stored_responses.find(conn, command.party_id, command.route, command.key)
    )
    if command is None or stored is None:
        return None
    if stored[0] != command.fingerprint:
        raise key_reused()
    return stored[1]


def key_reused() -> Invalid:
    """Answer the refusal of a key that stands for another body."""
    return Invalid(
        "idempotency-key-reused",
        "This Idempotency-Key was used with another body. Repeat it with the same bytes, or send a new key.",
    )
