"""Check a declaration that the hub could not check, when an officer overrides its finding `unverified`.

The action locks the permits first and the declaration second, then checks and writes.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.actions.declarations.another_person import require_another_person
from services.permits.actions.declarations.check_inputs import lock_announced, lock_check_inputs, run_check
from services.permits.domain.declarations.unverified import WHAT_TO_DO, check_unverified, is_unchecked
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.conflict_of_interest import require_declaration_of_others
from services.permits.store import change_sets, declarations, permits
from shared.contracts.declaration import Override
from shared.contracts.parties import Actor, Party
from shared.idempotency import IdempotentCommand
from shared.logs import logger
from shared.problems import Conflict, NotFound, ProblemError


async def check_and_save(
    conn: AsyncConnection,
    declaration_id: UUID,
    party: Party,
    decision: Override,
    actor: Actor,
    command: IdempotentCommand,
    *,
    person: str,
) -> bool:
    """Check an unchecked declaration and store the result. Return False, and change nothing, if it has a check already.

    Raise NotFound, NotAllowed, Conflict.
    """
    before = await declarations.find(conn, declaration_id, declarations.decided_by(party))
    if before is None:
        raise NotFound
    require_declaration_of_others(before, party)
    if not is_unchecked(before):
        return False
    inputs = await lock_check_inputs(conn, [before])
    declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
    command.condition.require(declaration.version)
    await require_another_person(conn, declaration, party, person)
    if declaration.sequence != before.sequence:
        raise Conflict(
            "changed-meanwhile",
            "Another request changed the declaration at the same moment. Read it again, then repeat your request.",
        )
    checked = await run_check(inputs, lambda: _check(declaration, inputs.permits, inputs.facts, decision, actor))
    changes = await lock_announced(conn, inputs, checked)
    await change_sets.save_change_set(conn, changes)
    await permits.add_citing_parties(conn, [changes.declarations[0].declaration], command.at)
    return True


def _check(
    declaration: DeclarationRecord,
    locked_permits: list[PermitRecord],
    loaded_facts: Facts,
    decision: Override,
    actor: Actor,
) -> ChangeSet:
    try:
        return check_unverified(declaration, locked_permits, loaded_facts, decision, actor)
    except ProblemError:
        raise
    except Exception as error:  # the fault that broke the first check may still be there
        logger().error("declaration.unverified", declaration=str(declaration.id), alarm=True, exc_info=error)
        raise Conflict("not-checked", f"The declaration still cannot be checked. {WHAT_TO_DO}") from error
