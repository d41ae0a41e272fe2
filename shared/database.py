"""PostgreSQL for all services: the engine, ids that sort by time, statements for many rows, repeated transactions."""

import asyncio
import errno
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

from shared.database_disk import is_database_disk_full
from shared.logs import logger

T = TypeVar("T")

Engine = AsyncEngine
"""The engine's name in `api` and `actions`, so that they do not name the library of the stores."""
DATABASE_ERRORS = (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError)
"""The errors of a statement or a connection while the database is away, refuses the role or is not migrated.

They include the driver's own errors: SQLAlchemy passes on those that end a connection before it is made.
"""
RETRYABLE_STATES = frozenset({"40P01", "40001"})
"""SQLSTATEs after which the whole transaction is repeated: deadlock, serialization failure."""
UNAVAILABLE_STATES = frozenset(
    {"57P01", "57P02", "57P03", "08000", "08001", "08003", "08006", "53300", "55P03", "57014"}
)
"""SQLSTATEs of a server that is away, starting, or too busy to respond within the hub's time limits."""

DISK_FULL_STATE = "53100"
"""The SQLSTATE of a statement that finds no space on the disk of the database."""
DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})


def create_engine(url: str, *, connections: int = 10) -> AsyncEngine:
    """Create the engine of a service with at most `connections` connections. It replaces a dead one at its next use."""
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
    """Send and receive decimals as text. Text takes half the time of asyncpg's own format, in both directions."""
    codec = {"schema": "pg_catalog", "encoder": str, "decoder": Decimal, "format": "text"}
    connection.run_async(lambda driver: driver.set_type_codec("numeric", **codec))


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for single statements. Each is its own transaction: one round trip to the database, not three.

    It shares the connection pool of the given engine.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def plan_by_values(conn: AsyncConnection) -> None:
    """Make PostgreSQL plan each statement of this transaction for its values. Call it in a transaction.

    After five executions, a prepared statement can get one plan for all values. For a list with filters or for a report
    that plan can be a thousand times slower. Statements that find rows by key keep their one plan: planning costs more.
    """
    await conn.execute(_PLAN_BY_VALUES)


_PLAN_BY_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


def now() -> datetime:
    """Return the current time, aware and in UTC. Only entry points and actions call it; other code receives `at`."""
    return datetime.now(UTC)


def new_id(at: datetime | None = None) -> UUID:
    """Return a new id that sorts by time: UUID version 7 (RFC 9562), 74 random bits."""
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


def lowest_id(at: datetime) -> UUID:
    """Return an id that no id of `new_id` at this time or later is below."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


_RANDOM_POOL: list[int] = []


def _random_bits() -> int:
    """Return 80 random bits. One system call fetches the bits of 256 ids: it costs no more than the bits of one."""
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
    """Return the id that a name always has in a space: UUID version 5 (RFC 9562), at half the cost of `uuid5`."""
    hashed = int.from_bytes(hashlib.sha1(space.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    return UUID(int=hashed & ~(0xF << 76 | 0x3 << 62) | 0x5 << 76 | 0x2 << 62)


def id_in(column: ColumnElement[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these ids.

    Its text does not depend on their number, so PostgreSQL prepares it once.
    """
    return column == func.any(cast(list(ids), ARRAY(column.type)))


@cache
def bulk_insert(table: Table, names: tuple[str, ...], *, suffix: str = "") -> TextClause:
    """Return the statement that inserts any number of rows at once, one array per column: see `column_arrays`.

    `suffix` is SQL that follows, such as `ON CONFLICT DO NOTHING RETURNING id`. The text does not depend on the
    number of rows, so PostgreSQL prepares it once.
    """
    # Raw: Core writes one parameter per value of each row, so each number of rows needs another statement.
    parts = [table.c[name] for name in names]
    arrays = ", ".join(f"CAST(:{column.name} AS {_sql_array_type(column)}[])" for column in parts)
    values = ", ".join(f'"{column.name}"::{_sql_type(column)}' for column in parts)
    quoted = ", ".join(f'"{name}"' for name in names)
    return text(
        f"INSERT INTO {table.name} ({quoted}) SELECT {values} FROM unnest({arrays}) AS given({quoted}) {suffix}"  # noqa: S608
    )


@cache
def bulk_update(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> TextClause:
    """Return the statement that changes columns of any number of rows at once, each found by its keys."""
    # Raw: for the same reason as `bulk_insert`.
    given = [table.c[name] for name in (*keys, *names)]
    sets = ", ".join(f'"{name}" = given."{name}"::{_sql_type(table.c[name])}' for name in names)
    same = " AND ".join(f'{table.name}."{name}" = given."{name}"' for name in keys)
    arrays = ", ".join(f"CAST(:{column.name} AS {_sql_array_type(column)}[])" for column in given)
    quoted = ", ".join(f'"{column.name}"' for column in given)
    return text(f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS given({quoted}) WHERE {same}")  # noqa: S608


def column_arrays(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Return rows as one array per column, as `bulk_insert` takes them. The values of a JSONB column are JSON text.

    A column that is NULL in every row becomes an empty array: `unnest` fills a shorter array up with NULL.
    """
    arrays = {name: [row[name] for row in rows] for name in names}
    return {name: [] if all(value is None for value in values) else values for name, values in arrays.items()}


def _sql_type(column: Column[Any]) -> str:
    """Return a column's SQL type without its collation, which is not part of an array's type."""
    written: str = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return written.partition(" COLLATE")[0]


def _sql_array_type(column: Column[Any]) -> str:
    return "text" if isinstance(column.type, JSONB) else _sql_type(column)


DeleteStep = Callable[[AsyncConnection, int], Awaitable[tuple[int, int | None]]]
"""Deletes some rows after a position. Returns their number and the position to continue at (None: no row is left)."""
DELETE_PAUSE_SECONDS = 0.05


async def delete_in_steps(engine: AsyncEngine, table_name: str, delete_step: DeleteStep) -> int:
    """Delete rows of a table in small transactions with pauses between them. Return the number of deleted rows.

    A step keeps its locks for some milliseconds, so no request waits for a long deletion.
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
    """Return the SQLSTATE of an error of SQLAlchemy or the driver, or an empty string."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")


def is_out_of_space(error: BaseException) -> bool:
    """Return whether an error means that the disk of the database, or a disk of this process, is full.

    A database that finds no space for its log ends, and the error then is one of its connection. See
    `is_database_disk_full`.
    """
    original = getattr(error, "orig", error)
    if sqlstate(error) == DISK_FULL_STATE or getattr(original, "errno", None) in DISK_FULL_ERRNOS:
        return True
    return _is_disconnected(error) and is_database_disk_full()


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database cannot work now, so that waiting may help.

    It cannot be reached, or its disk is full.
    """
    return is_out_of_space(error) or _is_disconnected(error)


def _is_disconnected(error: BaseException) -> bool:
    if isinstance(error, NoConnection):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or sqlstate(error) in UNAVAILABLE_STATES or is_unavailable_cause(error.orig)
    return is_unavailable_cause(error)


def is_unavailable_cause(error: BaseException | None) -> bool:
    """Return whether the driver's own error means that the database cannot be reached now."""
    if isinstance(error, OSError | asyncio.TimeoutError) or "connection" in type(error).__name__.lower():
        return True
    return error is not None and sqlstate(error) in UNAVAILABLE_STATES


async def retry_transaction(
    work: Callable[[], Awaitable[T]], *, max_attempts: int = 5, sqlstates: frozenset[str] = RETRYABLE_STATES
) -> T:
    """Run a whole transaction, and repeat it after a deadlock or a serialization failure (or one of `sqlstates`)."""
    for attempt in range(1, max_attempts + 1):
        try:
            return await work()
        except DBAPIError as error:
            if sqlstate(error) not in sqlstates or attempt == max_attempts:
                raise
            await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311
    raise AssertionError("unreachable")


async def run_transaction(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run work in a transaction of its own, and repeat it after a deadlock or a serialization failure."""

    async def transaction() -> T:
        async with engine.begin() as conn:
            return await work(conn)

    return await retry_transaction(transaction)
