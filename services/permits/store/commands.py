"""What was commanded and answered, so that a command whose answer was lost can be asked again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from shared.problems import Conflict, Invalid


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
        detail = "This Idempotency-Key was used with another body. Use a new key for a new request."
        raise Invalid("idempotency-key-reused", detail)
    return Kept(kept["status"], kept["answer"], kept["location"], kept["version"], replayed=True)


async def end(conn: AsyncConnection, command: Command, kept: Kept) -> None:
    """Keep the answer of a command, in the transaction of its effect."""
    values = {"status": kept.status, "answer": kept.answer, "location": kept.location, "version": kept.version}
    await conn.execute(update(t.commands).where(t.commands.c.id == command.id).values(values))
