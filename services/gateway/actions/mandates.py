"""Mandates: a trader lets an agent declare for it on certain days, and may take that back at any time."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.idempotency import Made, Once, keep
from services.gateway.store import mandates, parties
from shared.contracts.fields import write_moment
from shared.contracts.parties import NewMandate, Party
from shared.database import new_id, now
from shared.problems import Fault, Invalid, NotAllowed, NotFound


async def grant(desk: Desk, new: NewMandate, known: Known, *, asked: Once | None) -> Made:
    """Write a mandate of the trader who asks, or of the one the administrator names."""
    at, trader_id = now(), _trader(new, known)
    values: dict[str, Any] = {
        "id": new_id(at),
        "trader_id": trader_id,
        "agent_id": new.agent,
        "first_day": new.from_,
        "last_day": new.until,
        "granted_at": at,
        "granted_by": known.party.id,
        "revoked_at": None,
        "revoked_by": None,
    }
    body = json.dumps(view(values, at.date())).encode()
    async with desk.engine.begin() as conn:
        kept = await keep(conn, asked, body, at=at)
        if kept is not None:
            return Made(kept, replayed=True)
        revision = await parties.revise(conn)
        _must_be_traders(await parties.find(conn, new.agent), await parties.find(conn, trader_id), new, trader_id)
        await mandates.add(conn, values, revision=revision)
    await desk.people.refresh_if_possible()
    return Made(body)


async def revoke(desk: Desk, id: UUID, known: Known) -> dict[str, Any]:
    """Take a mandate back, as who gave it or as the administrator; one that was revoked stays as it is."""
    at = now()
    async with desk.engine.begin() as conn:
        revision = await parties.revise(conn)
        found = await _find(conn, id, known)
        if found["trader_id"] != known.party.id and "admin" not in known.roles:
            raise NotAllowed("not-your-mandate", "The trader who gave a mandate takes it back, or the administrator.")
        await mandates.revoke(conn, id, by=known.party.id, at=at, revision=revision)
        changed = await _find(conn, id, known)
    await desk.people.refresh_if_possible()
    return view(changed, at.date())


async def read(desk: Desk, id: UUID, known: Known) -> dict[str, Any]:
    """Read a mandate one gave or was given; the administrator reads all."""
    async with desk.engine.connect() as conn:
        return view(await _find(conn, id, known), now().date())


async def page(desk: Desk, known: Known, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Read up to `limit` mandates one gave or was given (the administrator: all), newest first."""
    async with desk.engine.connect() as conn:
        found = await mandates.page(conn, of=_whose(known), before=before, limit=limit)
    return [view(row, now().date()) for row in found]


def view(row: Any, day: date) -> dict[str, Any]:
    """Write a mandate as it is on a day."""
    return {
        "id": str(row["id"]),
        "trader": str(row["trader_id"]),
        "agent": str(row["agent_id"]),
        "from": row["first_day"].isoformat(),
        "until": row["last_day"].isoformat(),
        "status": _status(row, day),
        "granted_at": write_moment(row["granted_at"]),
        "granted_by": str(row["granted_by"]),
        "revoked_at": _moment(row["revoked_at"]),
        "revoked_by": row["revoked_by"] and str(row["revoked_by"]),
    }


def _status(row: Any, day: date) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    if day > row["last_day"]:
        return "over"
    return "living" if row["first_day"] <= day else "to come"


def _moment(at: datetime | None) -> str | None:
    return None if at is None else write_moment(at)


def _trader(new: NewMandate, known: Known) -> UUID:
    if "admin" in known.roles and new.trader is not None:
        return new.trader
    if new.trader not in {None, known.party.id}:
        raise NotAllowed("not-your-mandate", "`trader` is another party. A mandate is given by the trader itself.")
    if "trader" not in known.roles:
        text = "Name the trader in whose name the agent may declare."
        raise Invalid("invalid-body", text, [Fault("/trader", "missing", text)])
    return known.party.id


def _must_be_traders(agent: Party | None, trader: Party | None, new: NewMandate, trader_id: UUID) -> None:
    for party, place in ((agent, "/agent"), (trader, "/trader")):
        if party is None or party.disabled or "trader" not in party.roles:
            text = "No enabled party with the role trader has this id. Ask the agent for its id: it reads it in /v1/me."
            raise Invalid("agent-unknown", text, [Fault(place, "agent-unknown", text)])
    if new.agent == trader_id:
        text = "Nobody needs a mandate of its own."
        raise Invalid("agent-unknown", text, [Fault("/agent", "agent-unknown", text)])


async def _find(conn: AsyncConnection, id: UUID, known: Known) -> RowMapping:
    found = await mandates.find(conn, id, of=_whose(known))
    if found is None:
        raise NotFound
    return found


def _whose(known: Known) -> UUID | None:
    return None if "admin" in known.roles else known.party.id
