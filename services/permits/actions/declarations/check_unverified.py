"""An officer takes on a declaration that could not be checked: its permits locked, then itself, checked, written."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.checks.completion import cited_permits
from services.permits.domain.declarations.unverified import WHAT_TO_DO, check_unverified, is_unchecked
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.store import change_sets, declarations, facts, permits
from shared.contracts.declaration import Override
from shared.contracts.parties import Actor
from shared.idempotency import IdempotentCommand
from shared.logs import logger
from shared.problems import Conflict, NotFound, ProblemError


async def check_and_save(
    conn: AsyncConnection,
    declaration_id: UUID,
    condition: ColumnElement[bool],
    decision: Override,
    actor: Actor,
    command: IdempotentCommand,
) -> bool:
    """Check a declaration in the officer's hand; False where it was checked before, and nothing was done."""
    before = await declarations.find(conn, declaration_id, condition)
    if before is None:
        raise NotFound
    if not is_unchecked(before):
        return False
    locked_permits = await permits.lock_cited(conn, cited_permits([before.content]))
    declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
    command.condition.require(declaration.version)
    if declaration.sequence != before.sequence:
        raise Conflict("changed-meanwhile", "It changed at this moment. Read it and ask again.")
    changes = _check(
        declaration, locked_permits, await facts.load_facts(conn, [declaration], locked_permits), decision, actor
    )
    await change_sets.save_change_set(conn, changes)
    citations = changes.declarations[0].declaration.citations
    await permits.add_watchers(
        conn, [(c.permit, party) for c in citations for party in (declaration.party, declaration.trader)], command.at
    )
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
    except Exception as error:  # what broke its check once may break it still
        logger().error("declaration.unverified", declaration=str(declaration.id), alarm=True, exc_info=error)
        raise Conflict("not-checked", f"It still cannot be checked. {WHAT_TO_DO}") from error
