"""The acceptance of an offered mandate by its first use: the agent lodges for the trader."""

from datetime import datetime
from functools import partial

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.representation import declaring_trader
from services.gateway.store import mandates, parties
from shared.contracts.declaration import Declaration


async def lodging_trader(
    context: GatewayContext, declaration: Declaration, principal: Principal, *, at: datetime
) -> Principal:
    """Return the trader for whom a principal lodges. If its mandate is offered, the principal accepts it thereby.

    Raise NotAllowed.
    """
    list_traders = partial(context.directory.list_granting_traders, day=at.date())
    trader = await declaring_trader(declaration, principal, list_traders)
    await accept_by_use(context, principal, trader, at=at)
    return trader


async def accept_by_use(context: GatewayContext, principal: Principal, trader: Principal, *, at: datetime) -> None:
    """Accept the mandate under which a principal lodges for a trader, if it is still offered."""
    directory, agent_id, trader_id = context.directory, principal.party.id, trader.party.id
    if trader_id == agent_id or directory.is_represented(agent_id, trader_id, day=at.date()):
        return
    async with context.engine.begin() as conn:
        revision = await parties.lock_next_revision(conn)
        await mandates.accept_between(conn, trader_id, agent_id, at=at, revision=revision)
        message_ids = await mandates.add_messages(conn, revision, at=at)
    await directory.try_refresh()
    context.party_dispatchers.dispatch(message_ids)
