"""What the admin does with parties: add one, change one. Every change is a version, and a letter to each copy."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.context import Desk
from services.gateway.actions.idempotency import Made, Once, keep
from services.gateway.store import parties
from shared.contracts.parties import NewParty, Party, PartyChange
from shared.database import new_id, now
from shared.problems import Conflict, Invalid, NotFound, Refusal


async def add_party(desk: Desk, new: NewParty, *, by: UUID, asked: Once | None) -> Made:
    """Add a party; raises Conflict when one of its numbers is another's."""
    at = now()
    party = Party(id=new_id(at), **_sorted(dict(new)))
    body = party.model_dump_json().encode()
    async with desk.engine.begin() as conn:
        kept = await keep(conn, asked, body, at=at)
        if kept is not None:
            return Made(kept, replayed=True)
        letters = await parties.add(conn, party, revision=await parties.revise(conn), at=at, by=by)
        await _claim(conn, party)
    await _told(desk, letters)
    return Made(body)


async def change_party(desk: Desk, id: UUID, change: PartyChange, *, by: UUID, version: int | None) -> Party:
    """Make the next version of a party, if `version` (when given) is its present one."""
    at = now()
    async with desk.engine.begin() as conn:
        revision = await parties.revise(conn)
        old = await parties.find(conn, id)
        if old is None:
            raise NotFound
        if version not in {None, old.version}:
            raise Refusal("version-stale", f"The party is at version {old.version} now. Read it again first.")
        party = _changed(old, change)
        letters = await parties.change(conn, party, revision=revision, at=at, by=by)
        await _claim(conn, party)
        await demand_an_admin(conn)
    await _told(desk, letters)
    return party


async def demand_an_admin(conn: AsyncConnection) -> None:
    """Refuse a change after which nobody could enter as an admin; under the lock of the people's revision."""
    if not await parties.an_admin_can_enter(conn):
        raise Conflict("last-admin", "After this nobody could enter as an admin. Make another admin first.")


def _changed(old: Party, change: PartyChange) -> Party:
    said = {name: value for name, value in dict(change).items() if value is not None}
    return Party.model_validate(dict(old) | _sorted(said) | {"version": old.version + 1})


def _sorted(said: Mapping[str, Any]) -> dict[str, Any]:
    """Name each role once, in one order."""
    return {**said, "roles": tuple(sorted(set(said["roles"])))} if "roles" in said else dict(said)


async def _claim(conn: AsyncConnection, party: Party) -> None:
    if len(party.numbers) != len(party.identifiers):
        raise Invalid("invalid-body", "The same number stands under two kinds of identifier. Name it once.")
    if taken := await parties.claim(conn, party):
        raise Conflict("identifier-taken", f"Already another party's: {json.dumps(taken)}. A number has one owner.")


async def _told(desk: Desk, letters: Sequence[UUID]) -> None:
    await desk.people.refresh_if_possible()
    desk.letters.put(letters)
