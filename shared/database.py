"""How the services speak to PostgreSQL: the engine, ids that sort by time, many rows in one statement, tries again."""

import asyncio
import hashlib
import os
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import ARRAY, Column, ColumnElement, Table, TextClause, cast, event, func, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.logs import logger

T = TypeVar("T")

Engine = AsyncEngine
"""What api rooms call the engine, so that none of them names the library of the stores."""
DATABASE_ERRORS = (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError)
"""What a statement or a connection may raise while the database is away, refuses us or is not migrated.

The driver's own errors are among them: SQLAlchemy passes on those that end a connection before it is made.
"""
RETRYABLE_STATES = frozenset({"40P01", "40001"})
"""SQLSTATEs after which the whole transaction is simply tried again: deadlock, serialization failure."""
UNAVAILABLE_STATES = frozenset(
    {"57P01", "57P02", "57P03", "08000", "08001", "08003", "08006", "53300", "55P03", "57014"}
)
"""SQLSTATEs that say the server is away, starting, or too busy to answer within our limits of time."""


def create_engine(url: str, *, connections: int = 10) -> AsyncEngine:
    """Make the engine of a service; `connections` is the most it opens. Dead ones are replaced when taken."""
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "statement_timeout": "30000",
                "lock_timeout": "10000",
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
                "jit": "off",
                "max_parallel_workers_per_gather": "0",
            },
        },
    )
    event.listen(engine.sync_engine, "connect", _use_text_codec_for_numeric)
    return engine


def _use_text_codec_for_numeric(connection: Any, record: object) -> None:
    """Let decimals go as text, which takes half the time of asyncpg's own digits in either direction."""
    codec = {"schema": "pg_catalog", "encoder": str, "decoder": Decimal, "format": "text"}
    connection.run_async(lambda driver: driver.set_type_codec("numeric", **codec))


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """Answer the engine for single statements: each is a transaction by itself, in one turn to the database for three.

    Its connections are those of the engine's own pool.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def now() -> datetime:
    """Answer the time, aware and in UTC. Only entry points and actions call it; others are given `at`."""
    return datetime.now(UTC)


def new_id(at: datetime | None = None) -> UUID:
    """Make an id that sorts by time: UUID version 7 (RFC 9562), 74 random bits."""
    milliseconds = int((at.timestamp() if at else time.time()) * 1000)
    random_bits = _random_bits()
    value = (
        (milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | (random_bits >> 68) << 64
        | 0b10 << 62
        | random_bits & (2**62 - 1)
    )
    return UUID(int=value)


_RANDOM_POOL: list[int] = []


def _random_bits() -> int:
    """Answer 80 random bits; the system is asked for those of many ids at once, which costs it no more than one."""
    try:
        return _RANDOM_POOL.pop()
    except IndexError:
        random_bytes = os.urandom(10 * 256)
        _RANDOM_POOL.extend(
            int.from_bytes(random_bytes[place : place + 10]) for place in range(10, len(random_bytes), 10)
        )
        return int.from_bytes(random_bytes[:10])


os.register_at_fork(after_in_child=_RANDOM_POOL.clear)


def derived_id(space: UUID, name: str) -> UUID:
    """Make the id that a name has in a space, always the same: UUID version 5 (RFC 9562), at half of `uuid5`'s cost."""
    hashed = int.from_bytes(hashlib.sha1(space.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    return UUID(int=hashed & ~(0xF << 76 | 0x3 << 62) | 0x5 << 76 | 0x2 << 62)


def id_in(column: ColumnElement[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Say that a column is one of these ids: one text however many there are, so that it is prepared once."""
    return column == func.any(cast(list(ids), ARRAY(column.type)))


@cache
def bulk_insert(table: Table, names: tuple[str, ...], *, suffix: str = "") -> TextClause:
    """Write the statement that inserts any number of rows at once, one array a column: see `column_arrays`.

    `suffix` is SQL that follows, such as `ON CONFLICT DO NOTHING RETURNING id`. One text whatever the number of
    rows, so it is prepared once.
    """
    # Raw: Core writes one parameter for each value of each row, and a text for each number of rows.
    parts = [table.c[name] for name in names]
    arrays = ", ".join(f"CAST(:{column.name} AS {_sql_array_type(column)}[])" for column in parts)
    values = ", ".join(f'"{column.name}"::{_sql_type(column)}' for column in parts)
    quoted = ", ".join(f'"{name}"' for name in names)
    return text(
        f"INSERT INTO {table.name} ({quoted}) SELECT {values} FROM unnest({arrays}) AS given({quoted}) {suffix}"  # noqa: S608
    )


@cache
def bulk_update(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> TextClause:
    """Write the statement that changes columns of any number of rows at once, each found by its keys."""
    # Raw: for the same reason as `bulk_insert`.
    given = [table.c[name] for name in (*keys, *names)]
    sets = ", ".join(f'"{name}" = given."{name}"::{_sql_type(table.c[name])}' for name in names)
    same = " AND ".join(f'{table.name}."{name}" = given."{name}"' for name in keys)
    arrays = ", ".join(f"CAST(:{column.name} AS {_sql_array_type(column)}[])" for column in given)
    quoted = ", ".join(f'"{column.name}"' for column in given)
    return text(f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS given({quoted}) WHERE {same}")  # noqa: S608


def column_arrays(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Turn rows into one array a column, as `bulk_insert` takes them. JSONB columns are given as JSON text.

    A column that is NULL in every row goes as an empty array: what an array lacks `unnest` fills up with NULL.
    """
    arrays = {name: [row[name] for row in rows] for name in names}
    return {name: [] if all(value is None for value in values) else values for name, values in arrays.items()}


def _sql_type(column: Column[Any]) -> str:
    """Write a column's type; how it collates is no part of an array's type."""
    written: str = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return written.partition(" COLLATE")[0]


def _sql_array_type(column: Column[Any]) -> str:
    return "text" if isinstance(column.type, JSONB) else _sql_type(column)


DeleteStep = Callable[[AsyncConnection, int], Awaitable[tuple[int, int | None]]]
"""Deletes some rows after a position; returns their number, and the position to continue at (None: none is left)."""
DELETE_PAUSE_SECONDS = 0.05


async def delete_in_steps(engine: AsyncEngine, table_name: str, delete_step: DeleteStep) -> int:
    """Delete rows of a table in small transactions with pauses between them. Return the number of deleted rows.

    A step holds its locks for some milliseconds, so no request waits for a long deletion.
    """
    total, position = 0, 0

    async def run_step() -> tuple[int, int | None]:
        async with engine.begin() as conn:
            return await delete_step(conn, position)

    while True:
        count, next_position = await retry_transaction(run_step)
        total += count
        if next_position is None:
            break
        position = next_position
        await asyncio.sleep(DELETE_PAUSE_SECONDS)
    if total:
        logger().info("retention.completed", table=table_name, deleted=total)
    return total


def sqlstate(error: BaseException) -> str:
    """Answer the SQLSTATE behind an error of the driver, or an empty string."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")


def is_unavailable(error: BaseException) -> bool:
    """Say whether an error means that the database cannot be reached now, so that waiting may help."""
    if isinstance(error, NoConnection):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or sqlstate(error) in UNAVAILABLE_STATES or is_unavailable_cause(error.orig)
    return is_unavailable_cause(error)


def is_unavailable_cause(error: BaseException | None) -> bool:
    """Say the same of the driver's own error."""
    if isinstance(error, OSError | asyncio.TimeoutError) or "connection" in type(error).__name__.lower():
        return True
    return error is not None and sqlstate(error) in UNAVAILABLE_STATES


async def retry_transaction(
    work: Callable[[], Awaitable[T]], *, max_attempts: int = 5, sqlstates: frozenset[str] = RETRYABLE_STATES
) -> T:
    """Run a whole unit of work, again when PostgreSQL chose it as the victim of a deadlock (or of `sqlstates`)."""
    for attempt in range(1, max_attempts + 1):
        try:
            return await work()
        except DBAPIError as error:
            if sqlstate(error) not in sqlstates or attempt == max_attempts:
                raise
            await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311
    raise AssertionError("unreachable")
