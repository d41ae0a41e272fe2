"""What was commanded and answered, so that a command whose answer was lost can be asked again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from shared.database import among, change_many, columns, many
from shared.problems import Conflict, Invalid, Refusal


@dataclass(frozen=True)
class Command:
    """One command, named at the door: the same id again is the same command.

    `digest` is the SHA-256 of its body; `matches` says whether it was given against a version (`If-Match`).
    """

    id: UUID
    fingerprint: bytes
    at: datetime
    digest: bytes = b""
    matches: Callable[[int], bool] = lambda version: True

    def must_match(self, version: int) -> None:
        """Refuse a command that was given against another version than the one that stands (412)."""
        if not self.matches(version):
            raise Conflict("version-stale", f"Version {version} stands. Read it, then ask again for that.")


@dataclass(frozen=True)
class Kept:
    """What a command was answered with."""

    status: int
    answer: str
    location: str | None
    version: int | None = None
    replayed: bool = False


async def begin(conn: AsyncConnection, command: Command) -> Kept | None:
    """Claim a command, or answer what was answered before; waits for one that is under way in another transaction."""
    row = {"id": command.id, "fingerprint": command.fingerprint, "at": command.at}
    claimed = insert(t.commands).values(row).on_conflict_do_nothing().returning(t.commands.c.id)
    if (await conn.execute(claimed)).first() is not None:
        return None
    kept = (await conn.execute(select(t.commands).where(t.commands.c.id == command.id))).mappings().one()
    if kept["fingerprint"] != command.fingerprint:
        raise reused()
    return _kept(kept)


def reused() -> Invalid:
    """Write the refusal of a key that was used with another body."""
    detail = "This Idempotency-Key was used with another body. Use a new key for a new request."
    return Invalid("idempotency-key-reused", detail)


def _kept(row: RowMapping) -> Kept:
    return Kept(row["status"], row["answer"], row["location"], row["version"], replayed=True)


async def begin_many(conn: AsyncConnection, given: Sequence[Command]) -> dict[UUID, Kept | Refusal]:
    """Claim commands, each id once; answers for those that were given before what they were answered, or a refusal."""
    rows = [{"id": c.id, "fingerprint": c.fingerprint, "at": c.at} for c in sorted(given, key=lambda c: c.id)]
    names = ("id", "fingerprint", "at")
    claim = many(t.commands, names, ending="ON CONFLICT DO NOTHING RETURNING id")
    claimed = set((await conn.execute(claim, columns(rows, names))).scalars())
    others = {c.id: c for c in given if c.id not in claimed}
    if not others:
        return {}
    found = (await conn.execute(select(t.commands).where(among(t.commands.c.id, others)))).mappings()
    return {row["id"]: _kept(row) if row["fingerprint"] == others[row["id"]].fingerprint else reused() for row in found}


async def end_many(conn: AsyncConnection, answers: Mapping[UUID, Kept]) -> None:
    """Keep the answers of commands, in the transaction of their effects."""
    rows = [
        {"id": id, "status": k.status, "answer": k.answer, "location": k.location, "version": k.version}
        for id, k in answers.items()
    ]
    names = ("status", "answer", "location", "version")
    if rows:
        await conn.execute(change_many(t.commands, ("id",), names), columns(rows, ("id", *names)))


async def forget(conn: AsyncConnection, ids: Collection[UUID]) -> None:
    """Give back claims of commands that were refused: only what had an effect is kept."""
    if ids:
        await conn.execute(delete(t.commands).where(among(t.commands.c.id, ids)))


async def end(conn: AsyncConnection, command: Command, kept: Kept) -> None:
    """Keep the answer of a command, in the transaction of its effect."""
    values = {"status": kept.status, "answer": kept.answer, "location": kept.location, "version": kept.version}
    await conn.execute(update(t.commands).where(t.commands.c.id == command.id).values(values))


async def sweep(conn: AsyncConnection, before: datetime, *, limit: int) -> int:
    """Drop kept answers from before a moment, the oldest first; answers how many, at most `limit`."""
    c = t.commands.c
    oldest = select(c.id).where(c.at < before).order_by(c.at).limit(limit).with_for_update(skip_locked=True)
    dropped = await conn.execute(delete(t.commands).where(c.id.in_(oldest)).returning(c.id))
    return len(dropped.all())
