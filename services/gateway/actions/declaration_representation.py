"""In whose name a command about a declaration is given: the lodger's own, or a trader's whose mandate still lives."""

from uuid import UUID

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.representation import NOT_YOUR_DECLARATION, make_acts_for
from services.gateway.store import submissions
from shared.contracts.parties import RepresentedTrader
from shared.database import now
from shared.problems import NotAllowed


async def find_represented_trader(
    context: GatewayContext, principal: Principal, declaration_id: UUID
) -> RepresentedTrader | None:
    """Answer for whom an agent amends or cancels what it lodged; None when it is its own, or not its at all.

    Raises NotAllowed when the mandate it was lodged under has ended: what it lodged it may still read.
    """
    async with context.engine.connect() as conn:
        row = await submissions.find_own(conn, declaration_id, principal.party.id)
    if row is None or principal.party.id == row["trader_id"]:
        return None
    trader = await context.directory.find_represented_trader(principal.party.id, row["trader_id"], day=now().date())
    if trader is None:
        raise NotAllowed(
            NOT_YOUR_DECLARATION, "The mandate you lodged this under has ended. Its trader may act, or renew it."
        )
    return make_acts_for(trader, principal)
