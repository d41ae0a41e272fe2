"""Lock the permits of a decision, the declarations that hold reservations of them, and what else those hold.

Permits by id, then declarations by id, as everywhere. What has to be locked is seen before the locks are taken; where
it has changed by then, the whole unit of work begins anew.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.ledger.balances import Side
from services.permits.domain.values import Filed, PermitOnFile
from services.permits.store import declarations, permits
from shared.database import again
from shared.problems import Conflict

T = TypeVar("T")
TRIES = 5


class Moved(Exception):
    """What was to be locked changed before it was."""


async def anew(act: Callable[[], Awaitable[T]]) -> T:
    """Do a whole unit of work, anew when what it concerns moved at that moment; then 409 `changed-meanwhile`."""
    for _ in range(TRIES):
        try:
            return await again(act)
        except Moved:
            continue
    raise Conflict("changed-meanwhile", "What this concerns keeps changing at this moment. Read it and ask again.")


async def with_holders(
    conn: AsyncConnection, ids: Iterable[UUID], also: Iterable[UUID] = ()
) -> tuple[dict[UUID, PermitOnFile], dict[UUID, Filed]]:
    """Lock permits with all that import reservations on them concern; `also` are further declarations to lock."""
    wanted = set(ids)
    locked = await permits.lock(conn, wanted | await permits.held_beside(conn, wanted))
    holding = {
        use.declaration
        for id in wanted & locked.keys()
        for use in locked[id].uses
        if use.open and use.side is Side.IMPORT
    }
    others = await declarations.lock(conn, {*holding, *also})
    if {c.permit for id in holding for c in others[id].citations if c.open} - locked.keys():
        raise Moved
    return locked, others
