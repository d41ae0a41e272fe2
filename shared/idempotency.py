"""Idempotent commands: each has one effect and one response, however often a client sends it under its id.

The transaction of the effect begins the command with its first statement, and stores the response with its last. If
the same command arrives at the same moment, it waits for that transaction and then gets the stored response.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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
    bindparam,
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
"""The status of a command that created a resource. Only a response with this status has a location."""


@dataclass(frozen=True)
class IdempotentCommand:
    """One command, named by the gateway: the same id is the same command.

    `fingerprint` distinguishes two contents under one id: see the function `fingerprint`. `digest` is the SHA-256 of
    the body. A command without a key (`has_key`) cannot be repeated, so the service stores nothing of it. `condition`
    names the versions that the client has read (`If-Match`).
    """

    id: UUID
    fingerprint: bytes
    at: datetime
    digest: bytes = b""
    has_key: bool = True
    condition: VersionCondition = ANY_VERSION


@dataclass(frozen=True)
class StoredResponse:
    """The response to a command. `replayed` is set if an earlier request with the same command got it first."""

    status: int
    body: str
    location: str | None = None
    version: int | None = None
    replayed: bool = False


def commands_table(metadata: MetaData) -> Table:
    """Return the table of commands and their responses. Each service has one, with the same columns.

    The response columns are NULL only inside the transaction that begins a command.
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
    """Return the SHA-256 of a command's content: its route, and its body or the digest of the body."""
    return hashlib.sha256(b"\n".join(parts)).digest()


def key_reused() -> Invalid:
    """Return the problem of an idempotency key that was used with another body."""
    return Invalid(
        "idempotency-key-reused",
        "You used this Idempotency-Key before, with another body. Send the same bytes to repeat "
        "that request, or a new key for a "
        "new one.",
    )


async def begin(conn: AsyncConnection, table: Table, command: IdempotentCommand) -> StoredResponse | None:
    """Begin a command in this transaction. Return the stored response if the command was done before, else None.

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
    """Begin commands, each id once. Return the stored response, or the problem, of each that was done before."""
    # All batches lock their commands in one order. So two batches with the same commands cannot deadlock.
    rows = [{"id": c.id, "fingerprint": c.fingerprint, "at": c.at} for c in sorted(commands, key=lambda c: c.id)]
    names = ("id", "fingerprint", "at")
    insert = bulk_insert(table, names, suffix="ON CONFLICT DO NOTHING RETURNING id")
    begun = set((await conn.execute(insert, column_arrays(rows, names))).scalars())
    others = {c.id: c for c in commands if c.id not in begun}
    if not others:
        return {}
    found = (await conn.execute(select(table).where(id_in(table.c.id, others)))).mappings().all()
    if len(found) < len(others):  # a job deleted an expired command at this moment
        raise Unavailable(
            "database-unavailable",
            "The hub deleted the stored response of this Idempotency-Key at this moment. Send the request again.",
        )
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


async def withdraw(conn: AsyncConnection, command_ids: Collection[UUID]) -> None:
    """Remove commands that were begun and then refused, while their transaction goes on.

    A function of the database does it. It deletes no command with a response, so a service cannot delete what it did.
    """
    if command_ids:
        ids = bindparam("ids", list(command_ids), ARRAY(Uuid))
        await conn.execute(select(func.withdraw_commands(ids)))


async def delete_expired_commands(engine: AsyncEngine, at: datetime) -> None:
    """Delete the commands that are older than their retention.

    A function of the database does it. The function contains the retention of the service, so a service cannot delete
    younger commands, whatever `at` is.
    """

    async def delete_step(conn: AsyncConnection, _: int) -> tuple[int, int | None]:
        count = (await conn.execute(select(func.delete_expired_commands(BATCH_SIZE)))).scalar_one()
        return count, 0 if count == BATCH_SIZE else None

    await delete_in_steps(engine, "commands", delete_step)
