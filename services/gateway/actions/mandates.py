"""Mandates: a trader lets an agent declare for it on certain days, and may revoke that at any time.

A mandate is offered until the agent accepts it, or first lodges a declaration or an application under it. An offered
mandate lets nobody read anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.store import mandates, parties
from services.gateway.store.tables import commands
from shared import idempotency
from shared.contracts.closed_sets import Role
from shared.contracts.parties import NewMandate, Party
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, TooManyRequests

MAX_MANDATES_BETWEEN = Limit(
    20,
    "mandates",
    subject=LimitSubject.ACCOUNTS,
    meaning="Mandates of one trader for one agent that have not ended",
    beyond="409 `too-many-mandates`",
)
MAX_MANDATES_OF_TRADER = Limit(
    200,
    "mandates",
    subject=LimitSubject.ACCOUNTS,
    meaning="Mandates of a trader that have not ended",
    beyond="409 `too-many-mandates`",
)
MAX_MANDATES_OF_AGENT = Limit(
    10_000,
    "mandates",
    subject=LimitSubject.ACCOUNTS,
    meaning="Mandates of an agent that have not ended",
    beyond="409 `too-many-mandates`",
)
MAX_NEW_MANDATES = Limit(
    1_000,
    "mandates",
    subject=LimitSubject.ACCOUNTS,
    meaning="Mandates that a trader grants within a day, revoked ones too",
    beyond="429 `too-many-requests`",
)


class MandateStatus(StrEnum):
    """The status of a mandate on a day. Only an `active` mandate lets the agent act."""

    OFFERED = "offered"
    FUTURE = "future"
    ACTIVE = "active"
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class MandateRecord:
    """A mandate, with its status on the day of the read."""

    id: UUID
    trader_id: UUID
    agent_id: UUID
    first_day: date
    last_day: date
    status: MandateStatus
    granted_at: datetime
    granted_by: UUID
    accepted_at: datetime | None
    revoked_at: datetime | None
    revoked_by: UUID | None


async def grant(
    context: GatewayContext,
    new: NewMandate,
    principal: Principal,
    *,
    command: IdempotentCommand,
    render: Callable[[MandateRecord], str],
) -> StoredResponse:
    """Store a mandate of the trader who calls, or of the trader that the administrator states.

    `render` writes the body of the response, which is stored with the mandate. Each repetition returns the same bytes.
    """
    at, trader_id = command.at, _granting_trader(new, principal)
    values: dict[str, Any] = {
        "id": new_id(at),
        "trader_id": trader_id,
        "agent_id": new.agent,
        "first_day": new.from_,
        "last_day": new.until,
        "granted_at": at,
        "granted_by": principal.party.id,
        "accepted_at": None,
        "revoked_at": None,
        "revoked_by": None,
    }
    response = StoredResponse(
        status=201, body=render(_make_record(values, at.date())), location=f"/v1/mandates/{values['id']}"
    )
    async with context.engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return stored
        revision = await parties.lock_next_revision(conn)
        _require_traders(await parties.find(conn, new.agent), await parties.find(conn, trader_id), new, trader_id)
        await _require_room(conn, trader_id, new.agent, at=at)
        await mandates.add(conn, values, revision=revision)
        message_ids = await mandates.add_messages(conn, revision, at=at)
        await idempotency.store_response(conn, commands, command, response)
    await context.directory.try_refresh()
    context.party_dispatchers.dispatch(message_ids)
    return response


async def accept(context: GatewayContext, mandate_id: UUID, principal: Principal) -> MandateRecord:
    """Accept a mandate as its agent. Raise Conflict if it has ended. An accepted mandate does not change."""
    at = now()
    async with context.engine.begin() as conn:
        revision = await parties.lock_next_revision(conn)
        found = await _read(conn, mandate_id, principal)
        if found["agent_id"] != principal.party.id:
            raise NotAllowed("not-your-mandate", "Only the agent of a mandate accepts it. Ask the agent to do so.")
        status = _status(found, at.date())
        if status in {MandateStatus.ENDED, MandateStatus.REVOKED}:
            raise Conflict(
                "invalid-transition",
                f"The mandate is {status}. Only an offered mandate can be accepted. The trader may grant a new one.",
            )
        await mandates.accept(conn, mandate_id, at=at, revision=revision)
        message_ids = await mandates.add_messages(conn, revision, at=at)
        changed = await _read(conn, mandate_id, principal)
    await context.directory.try_refresh()
    context.party_dispatchers.dispatch(message_ids)
    return _make_record(changed, at.date())


async def revoke(context: GatewayContext, mandate_id: UUID, principal: Principal) -> MandateRecord:
    """Revoke a mandate as its trader or as the administrator. A revoked mandate does not change."""
    at = now()
    async with context.engine.begin() as conn:
        revision = await parties.lock_next_revision(conn)
        found = await _read(conn, mandate_id, principal)
        if found["trader_id"] != principal.party.id and Role.ADMIN not in principal.roles:
            raise NotAllowed(
                "not-your-mandate",
                "You are the agent of this mandate. The trader who granted it revokes it, or "
                "the administrator of the hub.",
            )
        await mandates.revoke(conn, mandate_id, revoked_by=principal.party.id, at=at, revision=revision)
        message_ids = await mandates.add_messages(conn, revision, at=at)
        changed = await _read(conn, mandate_id, principal)
    await context.directory.try_refresh()
    context.party_dispatchers.dispatch(message_ids)
    return _make_record(changed, at.date())


async def read(context: GatewayContext, mandate_id: UUID, principal: Principal) -> MandateRecord:
    """Return a mandate that the principal granted or received. The administrator reads all."""
    async with context.engine.connect() as conn:
        return _make_record(await _read(conn, mandate_id, principal), now().date())


async def list_page(
    context: GatewayContext, principal: Principal, *, before: UUID | None, limit: int
) -> list[MandateRecord]:
    """Return up to `limit` mandates that the principal granted or received (administrator: all), newest first."""
    async with context.engine.connect() as conn:
        found = await mandates.list_page(conn, party_id=_visible_to(principal), before=before, limit=limit)
    return [_make_record(row, now().date()) for row in found]


def _make_record(row: Mapping[Any, Any], day: date) -> MandateRecord:
    return MandateRecord(
        id=row["id"],
        trader_id=row["trader_id"],
        agent_id=row["agent_id"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        status=_status(row, day),
        granted_at=row["granted_at"],
        granted_by=row["granted_by"],
        accepted_at=row["accepted_at"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
    )


def _status(row: Mapping[Any, Any], day: date) -> MandateStatus:
    if row["revoked_at"] is not None:
        return MandateStatus.REVOKED
    if day > row["last_day"]:
        return MandateStatus.ENDED
    if row["accepted_at"] is None:
        return MandateStatus.OFFERED
    return MandateStatus.ACTIVE if row["first_day"] <= day else MandateStatus.FUTURE


def _granting_trader(new: NewMandate, principal: Principal) -> UUID:
    if Role.ADMIN in principal.roles and new.trader is not None:
        return new.trader
    if new.trader not in {None, principal.party.id}:
        raise NotAllowed(
            "not-your-mandate",
            "`trader` names another party. Leave it out: you can grant mandates for your own party only.",
        )
    if Role.TRADER not in principal.roles:
        text = "Expected `trader`: the party whose goods the agent may declare."
        raise Invalid("invalid-body", text, [Fault("/trader", "required", text)])
    return principal.party.id


async def _require_room(conn: AsyncConnection, trader_id: UUID, agent_id: UUID, *, at: datetime) -> None:
    """Raise Conflict or TooManyRequests if there are too many mandates. The lock of the revision makes it exact."""
    found = await mandates.count_current(conn, trader_id, agent_id, day=at.date())
    for count, limit, words in (
        (found.between, MAX_MANDATES_BETWEEN, "The trader has granted this agent"),
        (found.of_trader, MAX_MANDATES_OF_TRADER, "The trader has granted"),
        (found.of_agent, MAX_MANDATES_OF_AGENT, "The agent has"),
    ):
        if count >= limit:
            raise Conflict(
                "too-many-mandates",
                f"{words} {limit} mandates that have not ended, the limit of the hub. Revoke one that is not needed: "
                "POST /v1/mandates/{id}/revocation.",
            )
    if await mandates.count_granted_since(conn, trader_id, at - timedelta(days=1)) >= MAX_NEW_MANDATES:
        raise TooManyRequests(
            "too-many-requests",
            f"The trader granted {MAX_NEW_MANDATES} mandates within a day. Wait an hour and try again.",
            3600,
        )


def _require_traders(agent: Party | None, trader: Party | None, new: NewMandate, trader_id: UUID) -> None:
    for party, pointer in ((agent, "/agent"), (trader, "/trader")):
        if party is None or party.disabled or Role.TRADER not in party.roles:
            text = (
                "No active party with the role trader has this id. Ask the party for the id that it "
                "reads at GET /v1/me."
            )
            raise Invalid("agent-unknown", text, [Fault(pointer, "agent-unknown", text)])
    if new.agent == trader_id:
        text = "Agent and trader are the same party. A trader needs no mandate for its own goods."
        raise Invalid("agent-unknown", text, [Fault("/agent", "agent-unknown", text)])


async def _read(conn: AsyncConnection, mandate_id: UUID, principal: Principal) -> RowMapping:
    found = await mandates.find(conn, mandate_id, party_id=_visible_to(principal))
    if found is None:
        raise NotFound
    return found


def _visible_to(principal: Principal) -> UUID | None:
    return None if Role.ADMIN in principal.roles else principal.party.id
