"""An officer takes on a declaration that could not be checked: its permits locked, then itself, checked, written."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.checks.completion import wanted_by
from services.permits.domain.declarations.unverified import WAYS_OUT, check_now, never_checked
from services.permits.domain.reference.facts import Facts
from services.permits.domain.values import Filed, Outcome, PermitOnFile
from services.permits.store import change_sets, declarations, facts, permits
from services.permits.store.commands import Command
from shared.contracts.declaration import Override
from shared.contracts.parties import Act
from shared.logs import logger
from shared.problems import Conflict, NotFound, Refusal


async def take_on(
    conn: AsyncConnection, id: UUID, which: ColumnElement[bool], stated: Override, by: Act, command: Command
) -> bool:
    """Check a declaration in the officer's hand; False where it was checked before, and nothing was done."""
    seen = await declarations.find(conn, id, which)
    if seen is None:
        raise NotFound
    if not never_checked(seen):
        return False
    here = await permits.lock_cited(conn, wanted_by([seen.document]))
    filed = (await declarations.lock(conn, [id]))[id]
    command.must_match(filed.version)
    if filed.sequence != seen.sequence:
        raise Conflict("changed-meanwhile", "It changed at this moment. Read it and ask again.")
    outcome = _check(filed, here, await facts.about(conn, [filed], here), stated, by)
    await change_sets.keep(conn, outcome)
    cited = outcome.declarations[0].filed.citations
    await permits.watch(conn, [(c.permit, who) for c in cited for who in (filed.party, filed.trader)], command.at)
    return True


def _check(filed: Filed, here: list[PermitOnFile], known: Facts, stated: Override, by: Act) -> Outcome:
    try:
        return check_now(filed, here, known, stated, by)
    except Refusal:
        raise
    except Exception as error:  # what broke its check once may break it still
        logger().error("declaration.unverified", declaration=str(filed.id), reason=repr(error)[:500], alarm=True)
        raise Conflict("not-checked", f"It still cannot be checked. {WAYS_OUT}") from error
