"""Lock the permits of a decision, the declarations with reservations on them, and the other permits of those.

All actions lock permits by id, then declarations by id. A query finds the rows before the locks are taken. If they
have changed when the locks are held, the whole unit of work starts again.
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
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict

T = TypeVar("T")
MAX_ATTEMPTS = Limit(
    5,
    "attempts",
    subject=LimitSubject.SERVICES,
    meaning="Attempts of an act to lock a declaration with its permits",
    beyond="409 `changed-meanwhile`",
)


class ConcurrentChange(Exception):
    """The rows to lock changed between the query that found them and the lock."""


async def retry_on_conflict(work: Callable[[], Awaitable[T]]) -> T:
    """Return the result of a unit of work, which is repeated after each concurrent change.

    Raise Conflict (409 `changed-meanwhile`) after MAX_ATTEMPTS.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return await retry_transaction(work)
        except ConcurrentChange:
            continue
    raise Conflict(
        "changed-meanwhile",
        "Other requests change the same permits or declarations now. Read them again, then repeat your request.",
    )


async def lock_with_holders(
    conn: AsyncConnection, ids: Iterable[UUID], also_lock: Iterable[UUID] = ()
) -> tuple[dict[UUID, PermitRecord], dict[UUID, DeclarationRecord]]:
    """Return locked permits and declarations: these permits, and all that import reservations on them involve.

    `also_lock` are further declarations to lock. Raise ConcurrentChange.
    """
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
