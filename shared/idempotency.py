"""Idempotent commands: each has one effect and one response, however often it is sent under its id.

A service begins a command with the first statement of the transaction of its effect, and stores its response with the
last. The same command at the same moment waits for that transaction, then gets the stored response.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.conditional_requests import ANY_VERSION, VersionCondition
from shared.database import bulk_insert, bulk_update, column_arrays, delete_in_steps, id_in
from shared.problems import Invalid, ProblemError, Unavailable

RESPONSE_COLUMNS = ("status", "body", "location", "version")
BATCH_SIZE = 1_000
CREATED = 201
"""The status of a command that made a new thing: only its response has a location."""


@dataclass(frozen=True)
class IdempotentCommand:
    """One command, named by the gateway: the same id is the same command.

    `fingerprint` tells two contents under one id apart: see `fingerprint`. `digest` is the SHA-256 of the body.
    Without a key (`has_key`) nobody can repeat the command, so nothing is stored of it.
    `condition` names the versions that the command was given against (`If-Match`).
    """

    id: UUID
    fingerprint: bytes
    at: datetime
    digest: bytes = b""
    has_key: bool = True
    condition: VersionCondition = ANY_VERSION


@dataclass(frozen=True)
class StoredResponse:
    """The response to a command; `replayed` if an earlier request with the same command got it first."""

    status: int
    body: str
    location: str | None = None
    version: int | None = None
    replayed: bool = False


def commands_table(metadata: MetaData) -> Table:
    """Return the table of commands and their responses. Each service has one, with the same columns.

    The response columns are empty only inside the transaction that begins a command.
    """
    return Table(
        "commands",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("status", Integer, nullable=True),
        Column("body", Text, nullable=True),
        Column("location", Text, nullable=True),
        Column("version", Integer, nullable=True),
        Index("commands_at", "at"),
    )


def fingerprint(*parts: bytes) -> bytes:
    """Return the SHA-256 of what a command says: its route, and its body or what the body is known by."""
    return hashlib.sha256(b"\n".join(parts)).digest()


def key_reused() -> Invalid:
    """Return the refusal of an idempotency key that was used with another body."""
    return Invalid(
        "idempotency-key-reused",
        "This Idempotency-Key was used with another body. Repeat it with the same bytes, or send a new key.",
    )


async def begin(conn: AsyncConnection, table: Table, command: IdempotentCommand) -> StoredResponse | None:
    """Begin a command in this transaction. Return the stored response if it was done before.

    Raise Invalid (idempotency-key-reused) if the id was used with another content.
    """
    if not command.has_key:
        return None
    found = (await begin_many(conn, table, [command])).get(command.id)
    if isinstance(found, ProblemError):
        raise found
    return found


async def begin_many(
    conn: AsyncConnection, table: Table, commands: Sequence[IdempotentCommand]
) -> dict[UUID, StoredResponse | ProblemError]:
    """Begin commands, each id once. Return for those that were done before their stored responses, or a refusal."""
    # One order for all: two batches with the same commands wait for each other, and never in a circle.
    rows = [{"id": c.id, "fingerprint": c.fingerprint, "at": c.at} for c in sorted(commands, key=lambda c: c.id)]
    names = ("id", "fingerprint", "at")
    insert = bulk_insert(table, names, suffix="ON CONFLICT DO NOTHING RETURNING id")
    begun = set((await conn.execute(insert, column_arrays(rows, names))).scalars())
    others = {c.id: c for c in commands if c.id not in begun}
    if not others:
        return {}
    found = (await conn.execute(select(table).where(id_in(table.c.id, others)))).mappings().all()
    if len(found) < len(others):  # deleted as expired in this moment: the effect must not be done without a record
        raise Unavailable("database-unavailable", "The stored response has just expired. Send the request again.")
    return {
        row["id"]: _stored_response(row) if row["fingerprint"] == others[row["id"]].fingerprint else key_reused()
        for row in found
    }


def _stored_response(row: RowMapping) -> StoredResponse:
    return StoredResponse(**{name: row[name] for name in RESPONSE_COLUMNS}, replayed=True)


async def store_response(
    conn: AsyncConnection, table: Table, command: IdempotentCommand, response: StoredResponse
) -> None:
    """Store the response to a command that was begun in this transaction."""
    if command.has_key:
        await store_responses(conn, table, {command.id: response})


async def store_responses(conn: AsyncConnection, table: Table, responses: Mapping[UUID, StoredResponse]) -> None:
    """Store the responses to commands that were begun in this transaction, by their ids."""
    rows = [
        {"id": command_id, **{name: getattr(response, name) for name in RESPONSE_COLUMNS}}
        for command_id, response in responses.items()
    ]
    if rows:
        update = bulk_update(table, ("id",), RESPONSE_COLUMNS)
        await conn.execute(update, column_arrays(rows, ("id", *RESPONSE_COLUMNS)))


async def withdraw(conn: AsyncConnection, table: Table, command_ids: Collection[UUID]) -> None:
    """Undo the beginning of commands that were refused, while their transaction goes on: only effects are kept."""
    if command_ids:
        await conn.execute(delete(table).where(id_in(table.c.id, command_ids)))


async def delete_expired_commands(engine: AsyncEngine, at: datetime) -> None:
    """Delete the commands that nobody repeats any more.

    A function of the database does it, which holds the retention of the service: no service can delete younger ones
    by it, whatever `at` is.
    """

    async def delete_step(conn: AsyncConnection, _: int) -> tuple[int, int | None]:
        count = (await conn.execute(select(func.delete_expired_commands(BATCH_SIZE)))).scalar_one()
        return count, 0 if count == BATCH_SIZE else None

    await delete_in_steps(engine, "commands", delete_step)
