"""What is over goes, by functions of the database that cannot be talked into more: the runner may delete none of it."""

from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = text("SELECT last, gone FROM forget_events(:kept, :after, :most)")
_DELIVERIES = text("SELECT last, gone FROM forget_deliveries(:kept, :after, :most)")
_COMMANDS = text("SELECT forget_commands(:most)")


async def events(conn: AsyncConnection, *, kept: timedelta, after: int, most: int) -> tuple[int | None, int]:
    """Forget, of the next `most` events after a position, those older than `kept` of which nothing is to be delivered.

    Answers up to where it looked, None when there is nothing left to look at, and how many went. What is younger than
    30 days stays, whatever is asked.
    """
    return await _step(conn, _EVENTS, kept, after, most)


async def deliveries(conn: AsyncConnection, *, kept: timedelta, after: int, most: int) -> tuple[int | None, int]:
    """Forget in the same steps the deliveries that ended well, or were dropped, longer ago than `kept`."""
    return await _step(conn, _DELIVERIES, kept, after, most)


async def commands(conn: AsyncConnection, *, most: int) -> int:
    """Forget commands older than eight days; answers how many."""
    return int((await conn.execute(_COMMANDS, {"most": most})).scalar_one())


async def _step(
    conn: AsyncConnection, step: TextClause, kept: timedelta, after: int, most: int
) -> tuple[int | None, int]:
    row = (await conn.execute(step, {"kept": kept, "after": after, "most": most})).one()
    return row.last, row.gone
