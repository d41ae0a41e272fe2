"""Whether the gateway is ready, and if not, why: its own database and what it knows of people, never its neighbours."""

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.context import GatewayContext
from services.gateway.actions.startup import DATABASE_ERRORS
from services.gateway.store.tables import HEAD
from shared.database import read_revision


async def find_unready_reason(context: GatewayContext) -> str | None:
    """Answer why the gateway is not ready: its database away or not migrated, or nobody known yet."""
    try:
        migration = await _revision(context.engine)
    except ProgrammingError:
        return "The database was never migrated. Run `saola migrate`."
    except DATABASE_ERRORS:
        return "The database does not answer."
    if migration != HEAD:
        return f"The database stands at migration {migration}, this code was written for {HEAD}. Run `saola migrate`."
    return None if context.directory.is_fresh else "Parties were not read yet."


async def _revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as conn:
        return await read_revision(conn)
