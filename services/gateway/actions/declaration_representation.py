"""The party for whom a principal sends a command about a declaration: itself, or a trader with an active mandate."""

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
    """Return the trader for whom an agent amends or cancels. Return None if the declaration is the principal's own.

    Return None also if the principal did not lodge it. Raise NotAllowed if the mandate has ended; the agent can still
    read what it lodged.
    """
    async with context.engine.connect() as conn:
        row = await submissions.find_own(conn, declaration_id, principal.party.id)
    if row is None or principal.party.id == row["trader_id"]:
        return None
    trader = await context.directory.find_represented_trader(principal.party.id, row["trader_id"], day=now().date())
    if trader is None:
        raise NotAllowed(
            NOT_YOUR_DECLARATION,
            "The mandate under which you lodged this declaration has ended. The trader acts, or renews the mandate.",
        )
    return make_acts_for(trader, principal)
