"""In whose name a command about a declaration is given: the lodger's own, or a trader's whose mandate still lives."""

from uuid import UUID

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.representation import NOT_YOURS, acts_for
from services.gateway.store import submissions
from shared.contracts.parties import ActsFor
from shared.database import now
from shared.problems import NotAllowed


async def acting(desk: Desk, known: Known, id: UUID) -> ActsFor | None:
    """Answer for whom an agent amends or cancels what it lodged; None when it is its own, or not its at all.

    Raises NotAllowed when the mandate it was lodged under has ended: what it lodged it may still read.
    """
    async with desk.engine.connect() as conn:
        row = await submissions.own(conn, id, known.party.id)
    if row is None or known.party.id == row["trader_id"]:
        return None
    trader = await desk.people.principal(known.party.id, row["trader_id"], day=now().date())
    if trader is None:
        raise NotAllowed(NOT_YOURS, "The mandate you lodged this under has ended. Its trader may act, or renew it.")
    return acts_for(trader, known)
