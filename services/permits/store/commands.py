"""What was commanded and answered, so that a command whose answer was lost can be asked again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from shared.database import bulk_insert, bulk_update, column_arrays, id_in
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Invalid, ProblemError


async def claim(conn: AsyncConnection, command: IdempotentCommand) -> StoredResponse | None:
    """Claim a command, or answer what was answered before; waits for one that is under way in another transaction."""
    values = {"id": command.id, "fingerprint": command.fingerprint, "at": command.at}
    claimed = insert(t.commands).values(values).on_conflict_do_nothing().returning(t.commands.c.id)
    if (await conn.execute(claimed)).first() is not None:
        return None
    row = (await conn.execute(select(t.commands).where(t.commands.c.id == command.id))).mappings().one()
    if row["fingerprint"] != command.fingerprint:
        raise key_reused_error()
    return _stored_response(row)


def key_reused_error() -> Invalid:
    """Write the refusal of a key that was used with another body."""
    detail = "This Idempotency-Key was used with another body. Use a new key for a new request."
    return Invalid("idempotency-key-reused", detail)


def _stored_response(row: RowMapping) -> StoredResponse:
    return StoredResponse(row["status"], row["body"], row["location"], row["version"], replayed=True)


async def claim_many(
    conn: AsyncConnection, commands: Sequence[IdempotentCommand]
) -> dict[UUID, StoredResponse | ProblemError]:
    """Claim commands, each id once; answers for those that were given before what they were answered, or a refusal."""
    rows = [{"id": c.id, "fingerprint": c.fingerprint, "at": c.at} for c in sorted(commands, key=lambda c: c.id)]
    names = ("id", "fingerprint", "at")
    claim = bulk_insert(t.commands, names, suffix="ON CONFLICT DO NOTHING RETURNING id")
    claimed = set((await conn.execute(claim, column_arrays(rows, names))).scalars())
    others = {c.id: c for c in commands if c.id not in claimed}
    if not others:
        return {}
    found = (await conn.execute(select(t.commands).where(id_in(t.commands.c.id, others)))).mappings()
    return {
        row["id"]: _stored_response(row) if row["fingerprint"] == others[row["id"]].fingerprint else key_reused_error()
        for row in found
    }


async def store_responses(conn: AsyncConnection, responses: Mapping[UUID, StoredResponse]) -> None:
    """Keep the answers of commands, in the transaction of their effects."""
    rows = [
        {
            "id": id,
            "status": response.status,
            "body": response.body,
            "location": response.location,
            "version": response.version,
        }
        for id, response in responses.items()
    ]
    names = ("status", "body", "location", "version")
    if rows:
        await conn.execute(bulk_update(t.commands, ("id",), names), column_arrays(rows, ("id", *names)))


async def release_claims(conn: AsyncConnection, ids: Collection[UUID]) -> None:
    """Give back claims of commands that were refused: only what had an effect is kept."""
    if ids:
        await conn.execute(delete(t.commands).where(id_in(t.commands.c.id, ids)))


async def store_response(conn: AsyncConnection, command: IdempotentCommand, response: StoredResponse) -> None:
    """Keep the answer of a command, in the transaction of its effect."""
    values = {
        "status": response.status,
        "body": response.body,
        "location": response.location,
        "version": response.version,
    }
    await conn.execute(update(t.commands).where(t.commands.c.id == command.id).values(values))


async def delete_expired(conn: AsyncConnection, before: datetime, *, limit: int) -> int:
    """Drop kept answers from before a moment, the oldest first; answers how many, at most `limit`."""
    c = t.commands.c
    oldest = select(c.id).where(c.at < before).order_by(c.at).limit(limit).with_for_update(skip_locked=True)
    deleted = await conn.execute(delete(t.commands).where(c.id.in_(oldest)).returning(c.id))
    return len(deleted.all())
