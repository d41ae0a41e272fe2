"""Following a declaration: permits tells its state; until it was carried there, our own row says `received`."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from services.gateway.actions.context import Desk
from services.gateway.clients.internal import ask
from services.gateway.clients.outbox_messages import write_digest
from services.gateway.store import submissions
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.fields import write_moment
from shared.contracts.parties import Caller, Party
from shared.problems import Conflict
from shared.service_client import Away, Reply, unavailable
from shared.strict_json import parse_json, validate


async def read(desk: Desk, id: UUID, caller: Caller, party: Party) -> Reply | dict[str, Any]:
    """Answer what permits says of a declaration, or, if it is not there yet, what we received.

    Raises Unavailable when permits is away and the declaration is not ours to tell.
    """
    said = await _ask(desk, id, caller)
    if said is not None and said.status != 404:
        return said
    async with desk.looking.connect() as conn:
        row = await submissions.own(conn, id, party.id)
    if row is not None and row["settled_at"] is None:
        return received(row)
    if said is not None and row is not None:
        said = await _ask(desk, id, caller)
    if said is None:
        raise unavailable("permits")
    return said


async def checked(desk: Desk, id: UUID, caller: Caller, *, seconds: float) -> Reply | None:
    """Wait until a declaration was checked and answer it; None when that takes longer than the seconds."""

    async def forwarded() -> bool:
        async with desk.looking.connect() as conn:
            return await submissions.forwarded(conn, id)

    if not await desk.waiting.until(id, seconds=seconds, forwarded=forwarded):
        return None
    said = await _ask(desk, id, caller)
    return said if said is not None and said.status == 200 else None


async def demand_forwarded(desk: Desk, id: UUID, party: Party) -> None:
    """Refuse a command about a declaration of this party that permits has not taken in yet."""
    async with desk.looking.connect() as conn:
        row = await submissions.own(conn, id, party.id)
    if row is not None and row["settled_at"] is None:
        raise Conflict("still-received", "The declaration is still on its way to its checks. Ask again in a moment.")


def received(row: RowMapping) -> dict[str, Any]:
    """Write a declaration as it stands before its checks: as sent, with nothing found and nothing used."""
    at = write_moment(row["received_at"])
    carried = row["body"] if row["inside"] is None else row["inside"]
    sent: dict[str, Any] = validate(InsideDeclaration, parse_json(carried)).model_dump(mode="json", exclude_none=True)
    first = {
        "from": None,
        "to": "received",
        "at": at,
        "by": _lodger(row),
        "reason": None,
    }
    return sent | {
        "id": str(row["id"]),
        "version": 1,
        "status": "received",
        "lodged_by": str(row["party_id"]),
        "trader": str(row["trader_id"]),
        "received_at": at,
        "digest": write_digest(row["digest"]),
        "findings": [],
        "usage": [],
        "history": [first],
    }


def _lodger(row: RowMapping) -> dict[str, str]:
    by = {"party": str(row["party_id"]), "role": "trader"}
    return by if row["party_id"] == row["trader_id"] else by | {"for": str(row["trader_id"])}


async def _ask(desk: Desk, id: UUID, caller: Caller) -> Reply | None:
    try:
        reply = await ask(desk.permits, "GET", f"/v1/declarations/{id}", caller=caller)
    except Away:
        return None
    return None if reply.status >= 500 else reply
