"""Say whether this service can do its work: its database answers and stands at the code's migration."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import read_revision
from shared.startup_checks import newest_migration

HEAD = newest_migration("notifications")


async def find_unready_reason(engine: AsyncEngine) -> str | None:
    """Answer why the service is not ready, or None."""
    try:
        async with engine.connect() as conn:
            found = await read_revision(conn)
    except (DBAPIError, OSError, TimeoutError):
        return "The notifications database does not answer."
    if found != HEAD:
        return f"The database stands at migration {found}, the code at {HEAD}. Run saola migrate."
    return None
