"""The secrets of endpoints: made, shown once, sealed wherever they are kept, changed for new ones."""

import json
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.actions.encryption_keys import Keys, Unreadable
from services.notifications.actions.endpoint_policy import House
from services.notifications.domain import signature
from services.notifications.store import endpoints as store
from shared.contracts.fields import write_moment
from shared.problems import Conflict, NotFound

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside the new one after a rotation."""
MOST_SECRETS = 5


async def rotate(engine: AsyncEngine, id: UUID, command: Command, house: House, *, at: datetime) -> Done:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours. Raises NotFound, Conflict."""
    secret = new_secret()
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return opened(done, house)
        if await store.own_locked(conn, id, command.party) is None:
            raise NotFound
        if await store.live_secrets(conn, id, at=at) >= MOST_SECRETS:
            detail = f"{MOST_SECRETS} secrets sign already. Wait until an old one ends, 24 hours after its rotation."
            raise Conflict("rotated-too-often", detail)
        await store.end_secrets(conn, id, ends_at=at + OVERLAP)
        await store.add_secret(conn, id, house.keys.seal(secret, id), at=at)
        answer = {"id": str(id), "secret": secret, "old_secret_ends_at": write_moment(at + OVERLAP)}
        await keep(conn, command, closed(answer, house))
        return Done(answer)


async def seal_old(engine: AsyncEngine, keys: Keys) -> None:
    """Seal the secrets that an older version of this service kept in plain."""
    async with engine.begin() as conn:
        for row in await store.plain_secrets(conn):
            sealed = keys.seal(row["secret"], row["endpoint_id"])
            await store.seal_secret(conn, row["endpoint_id"], row["secret"], sealed)


def closed(answer: dict[str, Any], house: House) -> dict[str, Any]:
    """Write an answer that holds a secret as it is kept: sealed whole."""
    return {"id": answer["id"], "sealed": house.keys.seal(json.dumps(answer), UUID(answer["id"]))}


def opened(done: Done, house: House) -> Done:
    """Answer again what was answered, its secret with it; raises Conflict when the key that sealed it is gone."""
    kept = done.answer
    if "sealed" not in kept:
        return done
    try:
        return replace(done, answer=json.loads(house.keys.open(kept["sealed"], UUID(kept["id"]))))
    except Unreadable:
        detail = "This was done, but its secret cannot be shown again. Rotate the secret of the endpoint."
        raise Conflict("secret-not-kept", detail) from None


def new_secret() -> str:
    """Make a secret of 256 random bits."""
    return signature.write_secret(secrets.token_bytes(signature.SECRET_BYTES))
