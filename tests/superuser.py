"""Changes of rows that a service may not make: an operator's, or those of a fault."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server


async def write_as_superuser(server: Server, db: AsyncEngine, statement: str, *values: Any) -> None:
    """Run a statement on the database of an engine as the superuser."""
    admin = await server.connect_as_superuser(str(db.url.database))
    try:
        await admin.execute(statement, *values)
    finally:
        await admin.close()
