"""Endorse a permit: customs of the country of export states the quantities that left (box 14)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.locking import lock_with_holders, retry_on_conflict
from services.permits.actions.permits.issuing_authority import require_power_of_registrar
from services.permits.actions.permits.views import store_response
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits import endorse as domain_endorse
from services.permits.domain.rules.conflict_of_interest import require_goods_of_others
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

    Raise NotFound, NotAllowed, Conflict, Invalid.
    """
    actor = Actor(party=party.id, role=ActorRole.CUSTOMS, at=command.at)

    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            locked, declarations_by_id = await lock_with_holders(conn, [permit_id])
            if permit_id not in locked:
                raise NotFound
            await _require_endorser(conn, party, locked[permit_id])
            require_goods_of_others(locked[permit_id].content, party)
            command.condition.require(locked[permit_id].version)
            await change_sets.save_change_set(
                conn, domain_endorse.endorse(locked, permit_id, decision, actor, declarations_by_id)
            )
            return await store_response(conn, permit_id, command)

    return await retry_on_conflict(transaction)


async def _require_endorser(conn: AsyncConnection, party: Party, permit: PermitRecord) -> None:
    """Raise NotFound unless the party is customs of the country of export or of the registering country.

    Customs of the registering country copies box 14 until the issuer has an authority. After that, raise NotAllowed.
    """
    export_country = permit.content.export_country
    if party.country == export_country:
        return
    if not permit.is_registered_elsewhere or party.country != permit.registering_country:
        raise NotFound
    await require_power_of_registrar(conn, permit, f"customs of {export_country} endorses it.")
