"""The part of readiness that all services share: the database responds, and has the migration of the code."""

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import DATABASE_ERRORS
from shared.migration_state import find_migration_fault


async def find_database_fault(engine: AsyncEngine, service: str) -> str | None:
    """Return why a service cannot use its database now, and what to do; None if it can."""
    try:
        async with engine.connect() as conn:
            return await find_migration_fault(conn, service)
    except DATABASE_ERRORS:
        return f"The {service} database does not respond. The service waits for it; check the database server."
