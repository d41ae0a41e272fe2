"""Issue a permit, or register one that was issued outside the hub."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import quota_check, second_person
from services.permits.actions.permits.issuing_authority import require_issuing_authority
from services.permits.actions.permits.permit_numbers import list_void_permits, raise_number_taken
from services.permits.actions.permits.views import (
    REPLACE_PERMIT,
    IssuedPermit,
    IssuedPermits,
    store_response_with_tokens,
)
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.permits import issue as domain_issue
from services.permits.domain.permits.issue import NewPermit
from services.permits.domain.permits.second_person import proposal_digest
from services.permits.store import change_sets, facts, permits
from services.permits.store.tables import commands
from shared import idempotency
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Permit
from shared.database import new_id
from shared.idempotency import CREATED, IdempotentCommand, StoredResponse
from shared.sealed_secrets import SecretSealer, open_response
from shared.secret_tokens import generate_secret, secret_digest


async def issue(
    engine: AsyncEngine,
    party: Party,
    content: Permit,
    command: IdempotentCommand,
    *,
    sealer: SecretSealer,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Issue a permit, or register one whose issuer has no authority on the hub.

    The response holds the permit's token, this once. Raise NotAllowed, Conflict, Invalid. If the country requires two
    people, the first one's permit is stored as a proposal, and Conflict is raised.
    """
    actor = Actor(party=party.id, role=ActorRole.AUTHORITY, at=command.at)
    permit_id, token = new_id(command.at), generate_secret()
    try:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return open_response(sealer, command, stored, advice=REPLACE_PERMIT)
            await require_issuing_authority(conn, party, content)
            void_permits = await list_void_permits(conn, party, content)
            new_permit = NewPermit(
                id=permit_id, token_digest=secret_digest(token), facts=await facts.load_listing_facts(conn, [content])
            )
            changes = domain_issue.issue(new_permit, content, party, actor)
            await quota_check.require_within_quota(conn, changes)
            objection = await second_person.propose_one(
                conn, party, person, digest=proposal_digest(content), command=command
            )
            if objection is None:
                await permits.give_up_numbers(conn, void_permits)
                await change_sets.save_change_set(conn, changes)
                own = IssuedPermit(token=token, notes=changes.permits[0].notes)
                return await store_response_with_tokens(
                    conn, permit_id, command, sealer=sealer, issued=IssuedPermits(own=own), status=CREATED
                )
    except IntegrityError as error:
        raise_number_taken(error, content.issuer, content.number)
        raise
    raise objection
