"""How often PostgreSQL planned the prepared statements of a connection for their values, and how often for all."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, kw_only=True)
class PreparedPlans:
    """The plans of one prepared statement: for the values of one execution, and for all values."""

    statement: str
    custom: int
    generic: int


async def prepared_plans(engine: AsyncEngine, part: str) -> list[PreparedPlans]:
    """Return the plans of those prepared statements of the engine's only connection whose text has this part."""
    query = text("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements")
    async with engine.connect() as conn:
        rows = (await conn.execute(query)).all()
    return [
        PreparedPlans(statement=row.statement, custom=row.custom_plans, generic=row.generic_plans)
        for row in rows
        if part in row.statement
    ]
