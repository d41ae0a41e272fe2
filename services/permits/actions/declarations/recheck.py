"""Check referred declarations again by itself, when a load of reference data or a permit may answer them now."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.locking import Moved, anew
from services.permits.domain.checks.completion import wanted_by
from services.permits.domain.declarations.recheck import recheck, waits
from services.permits.domain.lifecycle import By
from services.permits.domain.values import Filed, Outcome, PermitOnFile
from services.permits.store import change_sets, declarations, facts, permits, reference_loads
from shared.contracts.parties import Act
from shared.logs import logger

PAGE = 100


class Rechecker:
    """Goes through what is referred whenever something changed since it last did.

    And once more after that: what was numbered before the change may have been committed after it.
    """

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None
        self._settled = False

    async def turn(self, engine: AsyncEngine, at: datetime) -> None:
        """Check what waits again, unless nothing that could answer it has changed."""
        async with engine.connect() as conn:
            now = await reference_loads.mark(conn)
        fresh = now != self._seen
        if fresh or not self._settled:
            await recheck_all(engine, at)
            self._seen, self._settled = now, not fresh


async def recheck_all(engine: AsyncEngine, at: datetime) -> None:
    """Check every referred declaration that waits for something; those that come out otherwise are written."""
    last: UUID | None = None
    while True:
        async with engine.connect() as conn:
            page = await declarations.referred(conn, last, limit=PAGE)
            answered = await _answered(conn, [filed for filed in page if waits(filed)], at)
        for id in answered:
            await _again(engine, id, at)
        if len(page) < PAGE:
            return
        last = page[-1].id


async def _answered(conn: AsyncConnection, waiting: Sequence[Filed], at: datetime) -> list[UUID]:
    """Answer those that would come out otherwise now, without holding anybody up."""
    if not waiting:
        return []
    besides = (await declarations.cited_permits(conn, {c.permit for f in waiting for c in f.citations})).values()
    here = await permits.read_cited(conn, wanted_by((f.document for f in waiting), besides=besides))
    known = await facts.about(conn, waiting, here)
    found = []
    for filed in waiting:
        try:
            if recheck(filed, here, known, _rules(at)) is not None:
                found.append(filed.id)
        except Exception as error:  # one that breaks its check harms none of its neighbours
            logger().error("declaration.recheck_failed", declaration=str(filed.id), error=repr(error)[:500])
    return found


async def _again(engine: AsyncEngine, id: UUID, at: datetime) -> None:
    async def once() -> Outcome | None:
        async with engine.begin() as conn:
            seen = (await declarations.read(conn, [id]))[id]
            here = await _locked(conn, seen)
            filed = (await declarations.lock(conn, [id]))[id]
            if filed.sequence != seen.sequence:  # what it cites now may not be what was read for it
                raise Moved
            if not waits(filed):
                return None
            outcome = recheck(filed, here, await facts.about(conn, [filed], here), _rules(at))
            if outcome is not None:
                await change_sets.keep(conn, outcome)
                cited = outcome.declarations[0].filed.citations
                await permits.watch(conn, [(c.permit, who) for c in cited for who in (filed.party, filed.trader)], at)
            return outcome

    if await anew(once) is not None:
        logger().info("declaration.checked_again", declaration=str(id))


async def _locked(conn: AsyncConnection, filed: Filed) -> list[PermitOnFile]:
    cited = await declarations.cited_permits(conn, {citation.permit for citation in filed.citations})
    return await permits.lock_cited(conn, wanted_by([filed.document], besides=cited.values()))


def _rules(at: datetime) -> Act:
    return Act(party=None, role=By.RULES, at=at)
