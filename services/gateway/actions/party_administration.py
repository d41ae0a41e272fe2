"""Administration of parties: add one, change one. Every change is a version and an outbox message per copy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.context import GatewayContext
from services.gateway.store import parties
from services.gateway.store.tables import commands
from shared import idempotency
from shared.conditional_requests import VersionCondition
from shared.contracts.parties import NewParty, Party, PartyChange
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, Fault, Invalid, NotFound, list_names


async def add_party(
    context: GatewayContext,
    new: NewParty,
    *,
    actor_party_id: UUID,
    command: IdempotentCommand,
    render: Callable[[Party], str],
) -> StoredResponse:
    """Add a party, and store the response that `render` writes.

    Raise Conflict if another party of its country has one of its identifiers.
    """
    at = command.at
    party = Party(id=new_id(at), **_with_sorted_roles(dict(new)))
    response = StoredResponse(status=201, body=render(party), location=f"/v1/parties/{party.id}", version=party.version)
    async with context.engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return stored
        message_ids = await parties.add(
            conn, party, revision=await parties.lock_next_revision(conn), at=at, actor_party_id=actor_party_id
        )
        await _claim_identifiers(conn, party)
        await idempotency.store_response(conn, commands, command, response)
    await _publish(context, message_ids)
    return response


async def change_party(
    context: GatewayContext, party_id: UUID, change: PartyChange, *, actor_party_id: UUID, condition: VersionCondition
) -> Party:
    """Store the next version of a party, if `condition` names its current one."""
    at = now()
    async with context.engine.begin() as conn:
        revision = await parties.lock_next_revision(conn)
        old = await parties.find(conn, party_id)
        if old is None:
            raise NotFound
        condition.require(old.version)
        party = _next_version(old, change)
        message_ids = await parties.change(conn, party, revision=revision, at=at, actor_party_id=actor_party_id)
        await _claim_identifiers(conn, party)
        await require_active_admin(conn)
    await _publish(context, message_ids)
    return party


async def require_active_admin(conn: AsyncConnection) -> None:
    """Raise Conflict if no administrator could sign in after a change. Call it under the lock of the revision."""
    if not await parties.has_active_admin(conn):
        raise Conflict(
            "last-admin", "After this change no administrator could use the hub. Create another administrator first."
        )


def _next_version(old: Party, change: PartyChange) -> Party:
    values = {name: value for name, value in dict(change).items() if value is not None}
    return Party.model_validate(dict(old) | _with_sorted_roles(values) | {"version": old.version + 1})


def _with_sorted_roles(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with each role once, in one order."""
    return {**values, "roles": tuple(sorted(set(values["roles"])))} if "roles" in values else dict(values)


async def _claim_identifiers(conn: AsyncConnection, party: Party) -> None:
    if len(party.identifier_keys) != len(party.identifiers):
        text = "Two kinds of identifier have the same number, or numbers that look the same. Send the number once."
        raise Invalid("invalid-body", text, [Fault("/identifiers", "invalid-value", text)])
    if taken := await parties.replace_identifiers(conn, party):
        raise Conflict(
            "identifier-taken",
            f"Another party of {party.country} has the identifier {list_names(taken)}, or one that differs only in "
            "capitals, blanks, dashes or slashes. Correct it, or use that party.",
        )


async def _publish(context: GatewayContext, message_ids: Sequence[UUID]) -> None:
    await context.directory.try_refresh()
    context.party_dispatchers.dispatch(message_ids)
