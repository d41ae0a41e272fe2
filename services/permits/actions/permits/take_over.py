"""Take over a permit that another country registered, for the authority of its issuer."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import second_person
from services.permits.actions.permits.issuing_authority import lock_own_permit
from services.permits.actions.permits.views import store_response
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.permits import take_over as domain_take_over
from services.permits.domain.permits.second_person import takeover_digest
from services.permits.domain.rules.conflict_of_interest import require_goods_of_others
from services.permits.store import change_sets
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Takeover
from shared.database import retry_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, NotAllowed


async def take_over(
    engine: AsyncEngine,
    permit_id: UUID,
    party: Party,
    decision: Takeover,
    command: IdempotentCommand,
    *,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Transfer a registered permit to the authority of its issuer. Raise NotFound, NotAllowed, Conflict.

    If the country requires two people, the first one's takeover is stored as a proposal, and Conflict is raised.
    """
    actor = Actor(party=party.id, role=ActorRole.AUTHORITY, at=command.at)

    async def transaction() -> StoredResponse | Conflict:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            permit = await lock_own_permit(conn, permit_id, party, command)
            require_goods_of_others(permit.content, party)
            issuer = permit.content.issuer
            if party.country != issuer:
                detail = f"Only the authority of {issuer} takes over a permit of {issuer}. Yours has registered it."
                raise NotAllowed("not-the-issuing-authority", detail)
            day = day_in_last_zone(issuer, command.at)
            changes = domain_take_over.take_over(permit, party, decision.reason, actor, day)
            objection = await second_person.propose_one(
                conn, party, person, digest=takeover_digest(permit_id), command=command
            )
            if objection is not None:
                return objection
            await change_sets.save_change_set(conn, changes)
            return await store_response(conn, permit_id, command)

    result = await retry_transaction(transaction)
    if isinstance(result, Conflict):
        raise result
    return result
