"""What an Idempotency-Key promises of the gateway's own creations: one effect, one answer, whoever asks how often."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store import stored_responses
from shared.problems import Invalid


@dataclass(frozen=True)
class Once:
    """Under which key, of whom, for which route, a thing is asked; and the fingerprint of what is asked."""

    party_id: UUID
    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Made:
    """The answer to a creation: its body, and whether it had been given before."""

    body: bytes
    replayed: bool = False


def once(party_id: UUID, route: str, key: str | None, body: bytes) -> Once | None:
    """Answer what a key stands for; None when no key was sent."""
    return None if key is None else Once(party_id, route, key, hashlib.sha256(body).digest())


async def keep(conn: AsyncConnection, asked: Once | None, body: bytes, *, at: datetime) -> bytes | None:
    """Keep the answer in the transaction of its effect; answers the one that was kept before, if one was.

    Raises Invalid when the key was used for something else. A rival under the same key is waited for.
    """
    if asked is None:
        return None
    new = await stored_responses.keep(
        conn, asked.party_id, asked.route, asked.key, fingerprint=asked.fingerprint, body=body, at=at
    )
    if new:
        return None
    kept = await recall(conn, asked)
    if kept is None:
        raise key_reused()
    return kept


async def recall(conn: AsyncConnection, asked: Once | None) -> bytes | None:
    """Answer what was kept under a key, if anything was; raises Invalid when it was used for something else."""
    kept = None if asked is None else await stored_responses.find(conn, asked.party_id, asked.route, asked.key)
    if asked is None or kept is None:
        return None
    if kept[0] != asked.fingerprint:
        raise key_reused()
    return kept[1]


def key_reused() -> Invalid:
    """Answer the refusal of a key that stands for another body."""
    return Invalid(
        "idempotency-key-reused",
        "This Idempotency-Key was used with another body. Repeat it with the same bytes, or send a new key.",
    )
