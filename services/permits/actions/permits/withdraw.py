"""Revoke, replace, report lost and report found: the issuer's authority ends or resumes the use of a permit.

The action locks the permit first. Then it locks the declarations that depend on it and refers them in the same
transaction. Then it reads the parties that cited the permit or read it by token, so that each is notified.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.permits import quota_check, second_person
from services.permits.actions.permits.issuing_authority import lock_own_permit, require_issuing_authority
from services.permits.actions.permits.permit_numbers import list_void_permits, raise_number_taken
from services.permits.actions.permits.views import (
    REPLACE_PERMIT,
    IssuedPermit,
    IssuedPermits,
    store_response,
    store_response_with_tokens,
)
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.events import NO_FOLLOWERS
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.permits import replace as domain_replace
from services.permits.domain.permits import withdraw
from services.permits.domain.permits.issue import NewPermit
from services.permits.domain.permits.second_person import proposal_digest
from services.permits.domain.permits.withdraw import WithdrawalContext
from services.permits.domain.rules.conflict_of_interest import require_goods_of_others
from services.permits.store import change_sets, declarations, facts, permits
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Loss, Permit, Recovery, Revocation
from shared.database import new_id, retry_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict
from shared.sealed_secrets import SecretSealer, open_response
from shared.secret_tokens import generate_secret, secret_digest

Decide = Callable[[PermitRecord, Actor, WithdrawalContext], ChangeSet]


async def revoke(
    engine: AsyncEngine, permit_id: UUID, party: Party, decision: Revocation, command: IdempotentCommand
) -> StoredResponse:
    """Revoke a permit for its authority. Raise NotFound, Conflict."""
    return await _apply_transition(
        engine, permit_id, party, command, lambda p, actor, context: withdraw.revoke(p, decision.reason, actor, context)
    )


async def report_lost(
    engine: AsyncEngine, permit_id: UUID, party: Party, decision: Loss, command: IdempotentCommand
) -> StoredResponse:
    """Report for its authority that the printed permit is lost. Raise NotFound, Conflict."""
    return await _apply_transition(
        engine,
        permit_id,
        party,
        command,
        lambda p, actor, context: withdraw.report_lost(p, decision.reason, actor, context),
    )


async def report_found(
    engine: AsyncEngine, permit_id: UUID, party: Party, decision: Recovery, command: IdempotentCommand
) -> StoredResponse:
    """Report for its authority that a lost permit was found. Raise NotFound, NotAllowed, Conflict."""

    def decide(permit: PermitRecord, actor: Actor, context: WithdrawalContext) -> ChangeSet:
        require_goods_of_others(permit.content, party)
        return withdraw.report_found(permit, decision.reason, actor, context)

    return await _apply_transition(engine, permit_id, party, command, decide)


async def _apply_transition(
    engine: AsyncEngine, permit_id: UUID, party: Party, command: IdempotentCommand, decide: Decide
) -> StoredResponse:
    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            permit = await lock_own_permit(conn, permit_id, party, command)
            await change_sets.save_change_set(
                conn, decide(permit, _actor(party, command), await _load_context(conn, permit, command))
            )
            return await store_response(conn, permit_id, command)

    return await retry_transaction(transaction)


async def replace(
    engine: AsyncEngine,
    permit_id: UUID,
    party: Party,
    content: Permit,
    command: IdempotentCommand,
    *,
    sealer: SecretSealer,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Issue a new permit in the place of one. Raise NotFound, NotAllowed, Conflict, Invalid.

    The response is the old permit; its `replaced_by` holds the new one with its token. If the country requires two
    people, the first one's replacement is stored as a proposal, and Conflict is raised.
    """
    new_permit_id, token = new_id(command.at), generate_secret()
    actor = _actor(party, command)

    async def transaction() -> StoredResponse | Conflict:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return open_response(sealer, command, stored, advice=REPLACE_PERMIT)
            old = await lock_own_permit(conn, permit_id, party, command)
            require_goods_of_others(old.content, party)
            await require_issuing_authority(conn, party, content)
            context = await _load_context(conn, old, command)
            new_permit = NewPermit(
                id=new_permit_id,
                token_digest=secret_digest(token),
                facts=await facts.load_listing_facts(conn, [content]),
            )
            changes = domain_replace.replace_permit(old, new_permit, content, party, actor, context)
            void_permits = await list_void_permits(conn, party, content, replaced=old.id)
            await quota_check.require_within_quota(conn, changes)
            objection = await second_person.propose_one(
                conn, party, person, digest=proposal_digest(content, replaced_permit=permit_id), command=command
            )
            if objection is not None:
                return objection
            await permits.give_up_numbers(conn, void_permits)
            await change_sets.save_change_set(conn, changes)
            notes = next(change.notes for change in changes.permits if change.permit.id == new_permit_id)
            issued = IssuedPermits(replacement=IssuedPermit(token=token, notes=notes))
            return await store_response_with_tokens(conn, permit_id, command, sealer=sealer, issued=issued)

    try:
        result = await retry_transaction(transaction)
    except IntegrityError as error:
        raise_number_taken(error, content.issuer, content.number)
        raise
    if isinstance(result, Conflict):
        raise result
    return result


async def _load_context(conn: AsyncConnection, permit: PermitRecord, command: IdempotentCommand) -> WithdrawalContext:
    citing = await declarations.lock(conn, await declarations.list_open_citing(conn, permit.id))
    audience = (await permits.list_watchers(conn, [permit.id])).get(permit.id, NO_FOLLOWERS)
    return WithdrawalContext(
        citing_declarations=citing, also_notify=audience, day=day_in_last_zone(permit.content.issuer, command.at)
    )


def _actor(party: Party, command: IdempotentCommand) -> Actor:
    return Actor(party=party.id, role=ActorRole.AUTHORITY, at=command.at)
