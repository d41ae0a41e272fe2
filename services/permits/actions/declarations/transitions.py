"""Apply a transition to a declaration: find it, lock its permits and then itself, decide, write, store the response.

All actions lock in one order: permits by id, then declarations by id. So no two transactions deadlock. The exception
is `lock_announced`, which locks the permits of other parties after a check. Its action repeats after a deadlock.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import another_person, check_unverified, confirm_holder
from services.permits.actions.declarations.check_inputs import lock_announced, lock_check_inputs, run_check
from services.permits.actions.declarations.second_use_alerts import hold_repeated
from services.permits.actions.declarations.views import declaration_view
from services.permits.actions.locking import ConcurrentChange, lock_with_holders, retry_on_conflict
from services.permits.domain.checks.completion import cited_permits
from services.permits.domain.declarations import amend as domain_amend
from services.permits.domain.declarations import cancel as domain_cancel
from services.permits.domain.declarations import consent as domain_consent
from services.permits.domain.declarations import correct as domain_correct
from services.permits.domain.declarations import override as domain_override
from services.permits.domain.declarations import refuse as domain_refuse
from services.permits.domain.declarations import release as domain_release
from services.permits.domain.lifecycle import can_transition, describe_transitions
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord, ReservingDeclarations
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.rules.conflict_of_interest import require_declaration_of_others
from services.permits.domain.rules.requirements import goods_are_verified
from services.permits.domain.rules.whole_declaration import own_party_is_identified, permit_is_known
from services.permits.store import amended_versions, change_sets, declarations, permits
from services.permits.store.tables import commands
from shared import idempotency
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, Movement
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import (
    Cancellation,
    Consent,
    Correction,
    NormalizedDeclaration,
    Override,
    Refusal,
    Release,
    declaring_side,
)
from shared.contracts.fields import Trader
from shared.contracts.identifiers import has_identifier
from shared.contracts.parties import Actor, Party, RepresentedTrader
from shared.contracts.views.parts import render_json
from shared.database import retry_transaction
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, Fault, Invalid, NotAllowed, NotFound

Decide = Callable[[DeclarationRecord, PermitsById, ReservingDeclarations], ChangeSet]


async def release(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    decision: Release,
    command: IdempotentCommand,
    *,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Release a declaration's goods for customs and write off what arrived.

    Raise NotFound, NotAllowed, Conflict, Invalid.
    """
    actor = _actor(party, ActorRole.CUSTOMS, command)
    day = day_in_last_zone(party.country, command.at)
    condition = declarations.decided_by(party)
    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        _for_office(party, lambda f, p, o: domain_release.release(f, p, decision, actor, day, o)),
        person=person,
    )


async def refuse(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    decision: Refusal,
    command: IdempotentCommand,
    *,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Refuse a declaration's goods for customs and return its reservations. Raise NotFound, NotAllowed, Conflict."""
    actor = _actor(party, ActorRole.CUSTOMS, command)
    condition = declarations.decided_by(party)
    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        _for_office(party, lambda f, p, _: domain_refuse.refuse(f, p, decision.reason, actor)),
        person=person,
    )


async def override(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    decision: Override,
    command: IdempotentCommand,
    *,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Override a finding for customs. Raise NotFound, NotAllowed, Conflict, Invalid.

    An override of `unverified` checks the declaration, and one that confirms a holder checks it again. The findings of
    this check need overrides of their own.
    """
    actor = _actor(party, ActorRole.CUSTOMS, command)
    condition = declarations.decided_by(party)
    if decision.rule == own_party_is_identified.name:
        return await _confirm_holder(engine, declaration_id, party, decision, command, person=person)

    async def check_unverified_transaction() -> StoredResponse | None:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            if await check_unverified.check_and_save(
                conn, declaration_id, party, decision, actor, command, person=person
            ):
                return await _store_response(conn, declaration_id, party, command)
            await idempotency.withdraw(conn, [command.id])
            return None

    stored = await retry_transaction(check_unverified_transaction) if decision.rule == goods_are_verified.name else None
    if stored is not None:
        return stored

    async def require_unknown_permit(conn: AsyncConnection, declaration: DeclarationRecord) -> None:
        if decision.rule == permit_is_known.name:
            domain_override.require_permit_unknown(
                declaration, await permits.read_cited(conn, cited_permits([declaration.content])), decision
            )

    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        _for_office(party, lambda f, p, _: domain_override.override(f, p, decision, actor)),
        person=person,
        precheck=require_unknown_permit,
    )


async def _confirm_holder(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    decision: Override,
    command: IdempotentCommand,
    *,
    person: str,
) -> StoredResponse:
    actor = _actor(party, ActorRole.CUSTOMS, command)

    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            await confirm_holder.confirm_and_save(conn, declaration_id, party, decision, actor, command, person=person)
            return await _store_response(conn, declaration_id, party, command)

    return await retry_on_conflict(transaction)


async def correct(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    decision: Correction,
    command: IdempotentCommand,
    *,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Correct the released quantities for customs. Raise NotFound, NotAllowed, Conflict, Invalid."""
    actor = _actor(party, ActorRole.CUSTOMS, command)
    condition = declarations.decided_by(party)
    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        _for_office(party, lambda f, p, o: domain_correct.correct(f, p, decision, actor, o)),
        person=person,
    )


async def cancel(
    engine: AsyncEngine, declaration_id: UUID, party: Party, content: Cancellation, command: IdempotentCommand
) -> StoredResponse:
    """Cancel a declaration for its trader, or for customs that lodged it. Raise NotFound, Conflict.

    Its reservations return.
    """
    condition = declarations.lodged_by(party)
    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        lambda f, p, _: domain_cancel.cancel(f, p, content.reason, _actor(party, f.declarant_role, command)),
    )


async def consent(
    engine: AsyncEngine, declaration_id: UUID, party: Party, decision: Consent, command: IdempotentCommand
) -> StoredResponse:
    """Store the issuing authority's consent to exceed a permit for one item. Raise NotFound, NotAllowed, Conflict."""
    actor = _actor(party, ActorRole.AUTHORITY, command)
    condition = declarations.citing_permits_of(party)
    return await _apply_transition(
        engine,
        declaration_id,
        condition,
        party,
        command,
        _for_office(party, lambda f, p, _: domain_consent.consent(f, p, decision, actor, party.country)),
    )


async def amend(
    engine: AsyncEngine,
    declaration_id: UUID,
    party: Party,
    content: NormalizedDeclaration,
    command: IdempotentCommand,
    *,
    trader: RepresentedTrader | None = None,
    person: str = UNKNOWN_PERSON,
) -> StoredResponse:
    """Replace a declaration by a new version from the trader, its agent, or customs that lodged it, and check it.

    Raise NotFound, Conflict, Invalid, NotAllowed; also if the command names a version that is not the current one.
    """

    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            before = await declarations.find(conn, declaration_id, declarations.lodged_by(party))
            if before is None:
                raise NotFound
            actor = _actor(party, before.declarant_role, command)
            declaring = declaring_side(content) if before.is_for_traveller else trader or party
            previous_permits = await permits.list_keys(conn, {c.permit for c in before.citations})
            received = _new_version(before, content, declaring, command, person=person)
            inputs = await lock_check_inputs(conn, [received], also=previous_permits)
            declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
            if declaration.sequence != before.sequence:
                raise ConcurrentChange
            command.condition.require(declaration.version)
            _require_amendable(declaration, content, declaring)
            new_version = _new_version(declaration, content, declaring, command, person=person)
            amended = await run_check(
                inputs,
                partial(domain_amend.amend, declaration, new_version, inputs.permits, actor, inputs.facts),
            )
            changes = await hold_repeated(conn, await lock_announced(conn, inputs, amended))
            await change_sets.save_change_set(conn, changes)
            amended_declaration = changes.declarations[0].declaration
            await amended_versions.add(conn, amended_declaration, command.id)
            await permits.add_citing_parties(conn, [amended_declaration], command.at)
            return await _store_response(conn, declaration_id, party, command)

    return await retry_on_conflict(transaction)


def _new_version(
    declaration: DeclarationRecord,
    content: NormalizedDeclaration,
    declaring: Party | RepresentedTrader | Trader,
    command: IdempotentCommand,
    *,
    person: str,
) -> DeclarationRecord:
    officers = declaration.officers
    return DeclarationRecord(
        id=declaration.id,
        party=declaration.party,
        trader=declaration.trader,
        trader_name=declaring.name,
        trader_country=declaring.country,
        officers=None if officers is None else tuple(sorted({*officers, person})),
        received_at=command.at,
        digest=f"sha-256=:{b64encode(command.digest).decode()}:",
        content=content.model_copy(
            update={
                "reference": declaration.content.reference,
                "transit_country": content.transit_country or declaration.content.transit_country,
            }
        ),
        status=DeclarationStatus.RECEIVED,
    )


def _require_amendable(
    declaration: DeclarationRecord, content: NormalizedDeclaration, declaring: Party | RepresentedTrader | Trader
) -> None:
    if not can_transition(declaration.status, DeclarationStatus.RECEIVED, ActorRole.TRADER):
        allowed = describe_transitions(declaration.status)
        detail = f"Declaration {declaration.content.reference} is {declaration.status}. {allowed}"
        raise Conflict("invalid-transition", detail)
    for name in ("reference", "movement", "export_country", "import_country", "transit_country"):
        before, after = getattr(declaration.content, name), getattr(content, name)
        if name == "transit_country" and None in {before, after}:
            continue
        if comparison_key(after) != comparison_key(before):
            text = (
                f"An amendment cannot change `{name}`: it is {before}, and the new version states "
                f"{after}. Send {before}, or cancel the declaration and lodge a new one."
            )
            raise Invalid("amendment-too-far", text, [Fault(f"/{name}", "amendment-too-far", text)])
    if isinstance(declaring, Trader):
        if declaring.identifier is not None:
            raise NotAllowed(
                "not-your-declaration",
                "Customs lodged the declaration for a traveller, and a traveller has no identifier. Leave it out.",
            )
    elif not has_identifier(declaring.identifier_values, declaring_side(content, declaring.country).identifier):
        raise NotAllowed(
            "not-your-declaration",
            "The identifier of the declaring side is none of yours. Declare under an identifier of GET /v1/me.",
        )


def _for_office(party: Party, decide: Decide) -> Decide:
    """Return the decision of an office, which raises NotAllowed about the office's own goods."""

    def decide_for_others(
        declaration: DeclarationRecord, cited: PermitsById, reserving: ReservingDeclarations
    ) -> ChangeSet:
        require_declaration_of_others(declaration, party)
        return decide(declaration, cited, reserving)

    return decide_for_others


async def _apply_transition(
    engine: AsyncEngine,
    declaration_id: UUID,
    condition: ColumnElement[bool],
    party: Party,
    command: IdempotentCommand,
    decide: Decide,
    *,
    precheck: Callable[[AsyncConnection, DeclarationRecord], Awaitable[None]] | None = None,
    person: str | None = None,
) -> StoredResponse:
    """Lock the permits and declarations of a transition and write its change set. `precheck` runs before the locks.

    `person` is the person of customs who decides; None if a trader or an authority acts.
    """

    async def transaction() -> StoredResponse:
        async with engine.begin() as conn:
            stored = await idempotency.begin(conn, commands, command)
            if stored is not None:
                return stored
            before = await declarations.find(conn, declaration_id, condition)
            if before is None:
                raise NotFound
            if precheck is not None:
                await precheck(conn, before)
            permit_ids = {citation.permit for citation in before.citations}
            if before.content.movement == Movement.EXPORT:
                cited, locked = await lock_with_holders(conn, permit_ids, [declaration_id])
            else:
                cited, locked = await permits.lock(conn, permit_ids), await declarations.lock(conn, [declaration_id])
            declaration = locked.pop(declaration_id)
            if {c.permit for c in declaration.citations} - cited.keys():
                raise ConcurrentChange
            command.condition.require(declaration.version)
            if person is not None:
                await another_person.require_another_person(conn, declaration, party, person)
            await change_sets.save_change_set(conn, decide(declaration, cited, locked))
            return await _store_response(conn, declaration_id, party, command)

    return await retry_on_conflict(transaction)


async def _store_response(
    conn: AsyncConnection, declaration_id: UUID, party: Party, command: IdempotentCommand
) -> StoredResponse:
    declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
    history = (await declarations.histories_by_id(conn, [declaration_id])).get(declaration_id, [])
    permit_keys = await permits.names_by_id(conn, {citation.permit for citation in declaration.citations})
    view = declaration_view(declaration, history, permit_keys, reader=party)
    response = StoredResponse(status=200, body=render_json(view), version=declaration.version)
    await idempotency.store_response(conn, commands, command, response)
    return response


def _actor(party: Party, role: ActorRole, command: IdempotentCommand) -> Actor:
    return Actor(party=party.id, role=role, at=command.at)
