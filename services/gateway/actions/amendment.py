"""A new version of a declaration.

Permits gets the normalized form, whatever the format was. The gateway stores the submitted bytes before it asks
permits.
"""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.declaration_representation import find_represented_trader
from services.gateway.clients.internal import call_with_retry
from services.gateway.formats.declaration_formats import FORMATS, NORMALIZED_MEDIA_TYPE
from services.gateway.store import amendments, submissions
from shared.contracts.fields import render_digest
from shared.contracts.parties import Caller
from shared.database import now
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict
from shared.service_client import ServiceResponse

MAX_AMENDMENTS = Limit(
    200,
    "versions",
    subject=LimitSubject.DECLARATIONS,
    meaning="New versions of one declaration that the gateway receives, refused ones too",
    beyond="409 `history-full`",
)


async def amend(
    context: GatewayContext,
    principal: Principal,
    caller: Caller,
    *,
    declaration_id: UUID,
    command_id: UUID,
    media_type: str,
    body: bytes,
    if_match: str | None,
) -> ServiceResponse:
    """Send a new version to permits and return its response. Raise NotAllowed if the agent's mandate has ended,
    Conflict if there are too many versions.

    The bytes are stored under the command first. Their version is stored when permits has accepted them.
    """
    _, normalized = FORMATS[media_type](body, principal.party)
    digest = hashlib.sha256(body).digest()
    caller = caller.model_copy(update={"acts_for": await find_represented_trader(context, principal, declaration_id)})
    async with context.engine.begin() as conn:
        if await submissions.lock_own(conn, declaration_id, principal.party.id):
            party_id = principal.party.id
            if await amendments.count_others(conn, declaration_id, command_id) >= MAX_AMENDMENTS:
                raise Conflict(
                    "history-full",
                    f"You sent {MAX_AMENDMENTS} new versions of this declaration, the limit of the hub. Cancel it and "
                    "lodge a new one.",
                )
            await amendments.add(
                conn, command_id, declaration_id, party_id, content_type=media_type, digest=digest, body=body, at=now()
            )
    headers = {
        "Content-Type": NORMALIZED_MEDIA_TYPE,
        "Command-Id": str(command_id),
        "Stated-Digest": render_digest(digest),
    }
    headers |= {"If-Match": if_match} if if_match is not None else {}
    reply = await call_with_retry(
        context.permits, "PUT", f"/v1/declarations/{declaration_id}", caller=caller, body=normalized, headers=headers
    )
    if reply.status == 200 and (version := _find_version(reply.headers, reply.body)) is not None:
        async with context.engine.begin() as conn:
            await amendments.set_version(conn, command_id, digest, version)
    return reply


def _find_version(headers: Mapping[str, str], body: bytes) -> int | None:
    tag = headers.get("etag", "").strip('"')
    if tag.isdigit():
        return int(tag)
    found = json.loads(body) if body else {}
    return found.get("version") if isinstance(found, dict) else None
