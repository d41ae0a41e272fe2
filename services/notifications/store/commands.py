"""Commands under their ids: each is done once, and its response stored in the transaction of its effect."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

_BEGIN = text("""
    INSERT INTO commands (party_id, id, fingerprint, at) VALUES (:party, :id, :fingerprint, :at)
    ON CONFLICT DO NOTHING RETURNING id
""")
_FIND = text("SELECT fingerprint, response FROM commands WHERE party_id = :party AND id = :id")
_COMPLETE = text("UPDATE commands SET response = :response WHERE party_id = :party AND id = :id")


async def begin(conn: AsyncConnection, party: UUID, id: UUID, *, fingerprint: bytes, at: datetime) -> RowMapping | None:
    """Claim a command; None when it is new, else its fingerprint and response. Waits for one that is being done."""
    given = {"party": party, "id": id, "fingerprint": fingerprint, "at": at}
    if (await conn.execute(_BEGIN, given)).scalar_one_or_none() is not None:
        return None
    return (await conn.execute(_FIND, {"party": party, "id": id})).mappings().one()


async def complete(conn: AsyncConnection, party: UUID, id: UUID, response: str) -> None:
    """Store the response of a command that was done, as JSON text, which keeps its order."""
    await conn.execute(_COMPLETE, {"party": party, "id": id, "response": response})
