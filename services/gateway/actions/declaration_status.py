"""The current state of a declaration, from permits.

Until permits has the submission, the gateway renders its own row as `received`.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from services.gateway.actions.context import GatewayContext
from services.gateway.clients.internal import call_with_retry
from services.gateway.formats.declaration_formats import FORMATS
from services.gateway.store import amendments, submissions
from shared.contracts.closed_sets import ActorRole, DeclarationStatus
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.fields import render_digest
from shared.contracts.parties import Caller, Party
from shared.contracts.views.declarations import DeclarationHistoryEntry, DeclarationView
from shared.contracts.views.parts import HistoryActor, as_stored, submitted_fields
from shared.problems import Conflict
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable
from shared.strict_json import parse_json, validate


async def read(
    context: GatewayContext, declaration_id: UUID, caller: Caller, party: Party
) -> ServiceResponse | DeclarationView:
    """Return what permits returns of a declaration, or the received declaration if permits does not have it yet.

    An agent whose mandate has ended reads the version that it lodged last, as it lodged it. Raise Unavailable if
    permits is unavailable and the gateway has no unsettled submission of this party.
    """
    reply = await _read_from_permits(context, declaration_id, caller)
    if reply is not None and reply.status != 404:
        return reply
    async with context.autocommit_engine.connect() as conn:
        row = await submissions.find_own(conn, declaration_id, party.id)
    if row is not None and row["settled_at"] is None:
        return render_received(row)
    if row is not None and row["party_id"] == party.id != row["trader_id"]:
        return await _render_lodged(context, row, party)
    if reply is not None and row is not None:
        reply = await _read_from_permits(context, declaration_id, caller)
    if reply is None:
        raise service_unavailable("permits")
    return reply


async def _render_lodged(context: GatewayContext, row: RowMapping, party: Party) -> DeclarationView:
    """Return the last version that an agent lodged: without status, findings and history of later."""
    async with context.autocommit_engine.connect() as conn:
        amendment = await amendments.find_version(conn, row["id"], None, party_id=party.id)
    if amendment is None:
        return render_received(row)
    _, normalized = FORMATS[amendment["content_type"]](amendment["body"], party)
    changes = {"normalized": normalized, "digest": amendment["digest"]}
    return render_received({**row, **changes}).model_copy(update={"version": amendment["version"]})


async def wait_until_checked(
    context: GatewayContext, declaration_id: UUID, caller: Caller, party: Party, *, seconds: float
) -> ServiceResponse | None:
    """Wait until permits has checked a declaration, and return the response.

    Return None after `seconds`, or at once if the party or this process has too many waits under way. Return None also
    if the credential has ended during the wait. The declaration is stored, so the wait is never an error.
    """
    slots = context.submission_waits
    if slots.is_full() or slots.is_full_for(party.id):
        return None
    deadline = asyncio.get_running_loop().time() + seconds
    with slots.taken(party.id):
        if not await context.waiters.wait(declaration_id, seconds=seconds):
            return None
        if await context.directory.find(party.id, caller.client) is None:
            return None
        try:
            async with asyncio.timeout_at(deadline):
                await context.waiters.reads.acquire()
        except TimeoutError:
            return None
        try:
            reply = await _read_from_permits(context, declaration_id, caller)
        finally:
            context.waiters.reads.release()
    return reply if reply is not None and reply.status == 200 else None


async def require_forwarded(context: GatewayContext, declaration_id: UUID, party: Party) -> None:
    """Raise Conflict if permits does not have this party's declaration yet."""
    async with context.autocommit_engine.connect() as conn:
        row = await submissions.find_own(conn, declaration_id, party.id)
    if row is not None and row["settled_at"] is None:
        raise Conflict("still-received", "The hub has not checked the declaration yet. Repeat the request in a moment.")


def render_received(row: Mapping[Any, Any]) -> DeclarationView:
    """Return a declaration before its check: as lodged, without findings and usage."""
    normalized = row["body"] if row["normalized"] is None else row["normalized"]
    content = as_stored(validate(NormalizedDeclaration, parse_json(normalized)))
    return DeclarationView.model_construct(
        **submitted_fields(content, without={"trader"}),
        id=row["id"],
        version=1,
        status=DeclarationStatus.RECEIVED,
        lodged_by=row["party_id"],
        trader=row["trader_id"],
        received_at=row["received_at"],
        digest=render_digest(row["digest"]),
        findings=(),
        usage=(),
        history=(_lodged_entry(row),),
    )


def _lodged_entry(row: Mapping[Any, Any]) -> DeclarationHistoryEntry:
    agent = row["party_id"] != row["trader_id"]
    role = ActorRole.TRADER if row["officer"] is None else ActorRole.CUSTOMS
    return DeclarationHistoryEntry(
        from_=None,
        to=DeclarationStatus.RECEIVED.value,
        at=row["received_at"],
        by=HistoryActor(party=row["party_id"], role=role, for_=row["trader_id"] if agent else None),
        reason=None,
    )


async def _read_from_permits(context: GatewayContext, declaration_id: UUID, caller: Caller) -> ServiceResponse | None:
    try:
        reply = await call_with_retry(context.permits, "GET", f"/v1/declarations/{declaration_id}", caller=caller)
    except ServiceUnreachable:
        return None
    return None if reply.status >= 500 else reply
