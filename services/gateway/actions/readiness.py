"""Whether the gateway is ready, and if not, why: its own database and what it knows of people, never its neighbours."""

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.context import Desk
from services.gateway.actions.startup import AWAY
from services.gateway.store.tables import HEAD
from shared.database import revision


async def why_not_ready(desk: Desk) -> str | None:
    """Answer why the gateway is not ready: its database away or not migrated, or nobody known yet."""
    try:
        at = await _revision(desk.engine)
    except ProgrammingError:
        return "The database was never migrated. Run `saola migrate`."
    except AWAY:
        return "The database does not answer."
    if at != HEAD:
        return f"The database stands at migration {at}, this code was written for {HEAD}. Run `saola migrate`."
    return None if desk.people.known else "Parties were not read yet."


async def _revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as conn:
        return await revision(conn)
