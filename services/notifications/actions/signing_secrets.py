"""The secrets of endpoints: made, shown once, sealed wherever they are kept, changed for new ones."""

import json
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.commands import (
    IdempotentCommand,
    StoredResponse,
    find_stored_response,
    store_response,
)
from services.notifications.actions.encryption_keys import EndpointKeys, UnreadableSecret
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.domain import signature
from services.notifications.store import endpoints as store
from shared.contracts.fields import format_timestamp
from shared.problems import Conflict, NotFound

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside the new one after a rotation."""
MAX_SECRETS = 5


async def rotate(
    engine: AsyncEngine, endpoint_id: UUID, command: IdempotentCommand, policy: EndpointPolicy, *, at: datetime
) -> StoredResponse:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours. Raises NotFound, Conflict."""
    secret = new_secret()
    async with engine.begin() as conn:
        if (stored := await find_stored_response(conn, command, at=at)) is not None:
            return open_response(stored, policy)
        if await store.lock_owned(conn, endpoint_id, command.party) is None:
            raise NotFound
        if await store.count_live_secrets(conn, endpoint_id, at=at) >= MAX_SECRETS:
            detail = f"{MAX_SECRETS} secrets sign already. Wait until an old one ends, 24 hours after its rotation."
            raise Conflict("rotated-too-often", detail)
        await store.end_secrets(conn, endpoint_id, ends_at=at + OVERLAP)
        await store.insert_secret(conn, endpoint_id, policy.keys.seal(secret, endpoint_id), at=at)
        body = {"id": str(endpoint_id), "secret": secret, "old_secret_ends_at": format_timestamp(at + OVERLAP)}
        await store_response(conn, command, seal_response(body, policy))
        return StoredResponse(body)


async def seal_plain_secrets(engine: AsyncEngine, keys: EndpointKeys) -> None:
    """Seal the secrets that an older version of this service kept in plain."""
    async with engine.begin() as conn:
        for plain in await store.lock_plain_secrets(conn):
            sealed = keys.seal(plain.secret, plain.endpoint_id)
            await store.replace_secret(conn, plain.endpoint_id, plaintext=plain.secret, sealed=sealed)


def seal_response(body: dict[str, Any], policy: EndpointPolicy) -> dict[str, Any]:
    """Write an answer that holds a secret as it is kept: sealed whole."""
    return {"id": body["id"], "sealed": policy.keys.seal(json.dumps(body), UUID(body["id"]))}


def open_response(stored: StoredResponse, policy: EndpointPolicy) -> StoredResponse:
    """Answer again what was answered, its secret with it; raises Conflict when the key that sealed it is gone."""
    body = stored.body
    if "sealed" not in body:
        return stored
    try:
        return replace(stored, body=json.loads(policy.keys.open(body["sealed"], UUID(body["id"]))))
    except UnreadableSecret:
        detail = "This was done, but its secret cannot be shown again. Rotate the secret of the endpoint."
        raise Conflict("secret-not-kept", detail) from None


def new_secret() -> str:
    """Make a secret of 256 random bits."""
    return signature.render_secret(secrets.token_bytes(signature.SECRET_BYTES))
