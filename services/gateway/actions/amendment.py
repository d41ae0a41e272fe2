"""A declaration stated to permits at once: to be looked at only, or as the new version of one that stands.

Whatever format it came in, permits is asked in the inside form; the bytes of an amendment are kept before it is asked.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.declaration_representation import acting
from services.gateway.actions.representation import acts_for, trader_of
from services.gateway.clients.internal import ask
from services.gateway.clients.outbox_messages import write_digest
from services.gateway.formats.declaration_formats import FORMATS, INSIDE
from services.gateway.store import amendments, submissions
from shared.contracts.parties import Caller
from shared.database import now
from shared.problems import Invalid, NotAllowed
from shared.service_client import Reply

TAKEN = "This trader has used this reference in another declaration. Amend that one, or choose a new reference."


async def look(desk: Desk, known: Known, caller: Caller, kind: str, sent: bytes) -> Reply | dict[str, Any]:
    """Ask what the hub would find, by the steps of lodging: form, whose statement it is, its reference, the rules."""
    try:
        stated, inside = FORMATS[kind](sent, known.party)
        trader = await trader_of(stated, known, desk.people, at=now())
    except Invalid as error:
        if not error.faults:
            raise
        return _not_valid([{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in error.faults])
    except NotAllowed as error:
        side = "importer" if stated.movement == "import" else "exporter"
        return _not_valid([{"pointer": f"/{side}/identifier", "code": error.code, "detail": error.detail}])
    async with desk.engine.connect() as conn:
        if await submissions.is_taken(conn, trader.party.id, stated.reference):
            return _not_valid([{"pointer": "/reference", "code": "reference-taken", "detail": TAKEN}])
    path = "/v1/declarations/validate"
    caller = caller.model_copy(update={"acts_for": acts_for(trader, known)})
    return await ask(desk.permits, "POST", path, caller=caller, body=inside, headers={"Content-Type": INSIDE})


def _not_valid(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"valid": False, "findings": [], "errors": errors}


async def amend(
    desk: Desk, known: Known, caller: Caller, *, id: UUID, command: UUID, kind: str, sent: bytes, match: str | None
) -> Reply:
    """State a new version; its bytes are kept under the command first, and the version noted once it stands."""
    _, inside = FORMATS[kind](sent, known.party)
    digest = hashlib.sha256(sent).digest()
    caller = caller.model_copy(update={"acts_for": await acting(desk, known, id)})
    async with desk.engine.begin() as conn:
        if await submissions.own(conn, id, known.party.id) is not None:
            by = known.party.id
            await amendments.keep(conn, command, id, by, content_type=kind, digest=digest, body=sent, at=now())
    headers = {"Content-Type": INSIDE, "Command-Id": str(command), "Stated-Digest": write_digest(digest)}
    headers |= {"If-Match": match} if match is not None else {}
    reply = await ask(desk.permits, "PUT", f"/v1/declarations/{id}", caller=caller, body=inside, headers=headers)
    if reply.status == 200 and (version := _version_of(reply.headers, reply.body)) is not None:
        async with desk.engine.begin() as conn:
            await amendments.stands(conn, command, digest, version)
    return reply


def _version_of(headers: Mapping[str, str], body: bytes) -> int | None:
    tag = headers.get("etag", "").strip('"')
    if tag.isdigit():
        return int(tag)
    found = json.loads(body) if body else {}
    return found.get("version") if isinstance(found, dict) else None
