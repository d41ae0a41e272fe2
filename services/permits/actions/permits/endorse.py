"""Endorse a permit: customs of the country of export states the quantities that left (box 14)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.locking import lock_with_holders, retry_on_conflict
from services.permits.actions.permits.views import store_response
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits import endorse as domain_endorse
from services.permits.store import change_sets
from services.permits.store.tables import commands
from shared import idempotency
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Endorsement
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import NotFound


async def endorse(
    engine: AsyncEngine, permit_id: UUID, party: Party, decision: Endorsement, command: IdempotentCommand
) -> StoredResponse:
    """Endorse a permit as customs of the country of export, or copy its box 14 if that country is not on the hub.

    Raise NotFound, Conflict, Invalid.
    """
    actor = Actor(party=party.id, role=ActorRole.CUSTOMS, at=command.at)

    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            locked, declarations_by_id = await lock_with_holders(conn, [permit_id])
            if permit_id not in locked or not _can_endorse(party, locked[permit_id]):
                raise NotFound
            command.condition.require(locked[permit_id].version)
            await change_sets.save_change_set(
                conn, domain_endorse.endorse(locked, permit_id, decision, actor, declarations_by_id)
            )
            return await store_response(conn, permit_id, command)

    return await retry_on_conflict(transaction)


def _can_endorse(party: Party, permit: PermitRecord) -> bool:
    """Return whether this customs office is of the country of export, or of the country that registered the permit."""
    foreign = permit.registering_country != permit.content.issuer
    return party.country == permit.content.export_country or (foreign and party.country == permit.registering_country)
