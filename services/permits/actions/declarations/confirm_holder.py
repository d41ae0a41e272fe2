"""Check a declaration again when an officer confirms the holder of a permit that it cites.

The action locks the permits first and the declaration second, then checks and writes.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions.declarations.another_person import require_another_person
from services.permits.actions.declarations.check_inputs import lock_announced, lock_check_inputs, run_check
from services.permits.actions.locking import ConcurrentChange
from services.permits.domain.checks.holders import permits_named_alone
from services.permits.domain.declarations.confirm_holder import confirm_holder
from services.permits.domain.rules.conflict_of_interest import require_declaration_of_others
from services.permits.store import change_sets, declarations, permits
from shared.contracts.declaration import Override
from shared.contracts.parties import Actor, Party
from shared.idempotency import IdempotentCommand
from shared.problems import NotFound


async def confirm_and_save(
    conn: AsyncConnection,
    declaration_id: UUID,
    party: Party,
    decision: Override,
    actor: Actor,
    command: IdempotentCommand,
    *,
    person: str,
) -> None:
    """Confirm the holder of each permit that names it by name alone, and store the result of the check.

    Raise NotFound, NotAllowed, Conflict, Invalid; ConcurrentChange if another transaction changed the declaration.
    """
    before = await declarations.find(conn, declaration_id, declarations.decided_by(party))
    if before is None:
        raise NotFound
    require_declaration_of_others(before, party)
    keys = await permits.list_keys(conn, {citation.permit for citation in before.citations})
    inputs = await lock_check_inputs(conn, [before], also=permits_named_alone(before) | frozenset(keys))
    declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
    if declaration.sequence != before.sequence:
        raise ConcurrentChange
    command.condition.require(declaration.version)
    await require_another_person(conn, declaration, party, person)
    checked = await run_check(
        inputs, lambda: confirm_holder(declaration, inputs.permits, inputs.facts, decision, actor)
    )
    changes = await lock_announced(conn, inputs, checked)
    await change_sets.save_change_set(conn, changes)
    await permits.add_citing_parties(conn, [changes.declarations[0].declaration], command.at)
