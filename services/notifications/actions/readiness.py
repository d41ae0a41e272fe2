"""Say whether this service can do its work: its database answers and stands at the code's migration."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import read_revision

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations" / "notifications" / "versions"


async def reason_not_ready(engine: AsyncEngine) -> str | None:
    """Answer why the service is not ready, or None."""
    head = max(file.name.partition("_")[0] for file in MIGRATIONS.glob("[0-9]*.py"))
    try:
        async with engine.connect() as conn:
            found = await read_revision(conn)
    except (DBAPIError, OSError, TimeoutError):
        return "The notifications database does not answer."
    return (
        None if found == head else f"The database stands at migration {found}, the code at {head}. Run saola migrate."
    )
