"""The secrets of endpoints: generated, shown once, stored sealed, rotated."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.domain import signature
from services.notifications.store import endpoints as store
from services.notifications.store.tables import commands
from shared import idempotency
from shared.contracts.views.webhooks import NewSecret
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, NotFound
from shared.sealed_secrets import open_response, seal_response

OVERLAP = timedelta(hours=24)
"""How long the old secret signs too, after a rotation."""
MAX_SECRETS = Limit(
    5,
    "secrets",
    subject=LimitSubject.EVENTS,
    meaning="Secrets of one endpoint that sign at once",
    beyond="409 `rotated-too-often`",
)
ROTATION_ADVICE = "Rotate the secret of the endpoint."
"""The advice to a party whose secret cannot be shown again."""


async def rotate(
    engine: AsyncEngine,
    endpoint_id: UUID,
    party_id: UUID,
    command: IdempotentCommand,
    policy: EndpointPolicy,
    *,
    at: datetime,
) -> StoredResponse:
    """Create a new secret of an endpoint. The old one signs too for 24 hours. Raise NotFound, Conflict."""
    secret = new_secret()
    async with engine.begin() as conn:
        if (stored := await idempotency.begin(conn, commands, command)) is not None:
            return open_response(policy.keys.sealer, command, stored, advice=ROTATION_ADVICE)
        if await store.lock_owned(conn, endpoint_id, party_id) is None:
            raise NotFound
        if await store.count_live_secrets(conn, endpoint_id, at=at) >= MAX_SECRETS:
            detail = (
                f"{MAX_SECRETS} secrets of the endpoint are valid. Wait until the oldest one ends, 24 "
                "hours after its rotation."
            )
            raise Conflict("rotated-too-often", detail)
        await store.end_secrets(conn, endpoint_id, ends_at=at + OVERLAP)
        await store.insert_secret(conn, endpoint_id, policy.keys.seal(secret, endpoint_id), at=at)
        view = NewSecret(id=endpoint_id, secret=secret, old_secret_ends_at=at + OVERLAP)
        response = StoredResponse(status=200, body=view.model_dump_json())
        sealed = seal_response(policy.keys.sealer, command, response)
        await idempotency.store_response(conn, commands, command, sealed)
        return response


def new_secret() -> str:
    """Return a new secret of 256 random bits."""
    return signature.render_secret(secrets.token_bytes(signature.SECRET_BYTES))
