"""Lock the permits of a decision, the declarations that hold reservations of them, and what else those hold.

Permits by id, then declarations by id, as everywhere. What has to be locked is seen before the locks are taken; where
it has changed by then, the whole unit of work begins anew.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.store import declarations, permits
from shared.contracts.closed_sets import Side
from shared.database import retry_transaction
from shared.problems import Conflict

T = TypeVar("T")
MAX_ATTEMPTS = 5


class ConcurrentChange(Exception):
    """What was to be locked changed before it was."""


async def retry_on_conflict(work: Callable[[], Awaitable[T]]) -> T:
    """Do a whole unit of work, anew when what it concerns moved at that moment; then 409 `changed-meanwhile`."""
    for _ in range(MAX_ATTEMPTS):
        try:
            return await retry_transaction(work)
        except ConcurrentChange:
            continue
    raise Conflict("changed-meanwhile", "What this concerns keeps changing at this moment. Read it and ask again.")


async def lock_with_holders(
    conn: AsyncConnection, ids: Iterable[UUID], also_lock: Iterable[UUID] = ()
) -> tuple[dict[UUID, PermitRecord], dict[UUID, DeclarationRecord]]:
    """Lock permits with all that import reservations on them concern; `also_lock` are further declarations to lock."""
    permit_ids = set(ids)
    locked = await permits.lock(conn, permit_ids | await permits.list_reserved_together(conn, permit_ids))
    holder_ids = {
        use.declaration
        for permit_id in permit_ids & locked.keys()
        for use in locked[permit_id].citations
        if use.is_open and use.side is Side.IMPORT
    }
    declarations_by_id = await declarations.lock(conn, {*holder_ids, *also_lock})
    reserved_citations = (c for holder in holder_ids for c in declarations_by_id[holder].citations if c.is_open)
    if {citation.permit for citation in reserved_citations} - locked.keys():
        raise ConcurrentChange
    return locked, declarations_by_id
