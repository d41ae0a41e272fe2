"""Groups of ids in PostgreSQL, by which two services find out where their ids differ, without a list of all of them.

An id is 32 hexadecimal digits. A group is a range of the primary key: the ids that begin with the same digits.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Text, and_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.reconciliation import IdGroup
from shared.database import id_in

DIGITS = 32


async def read_groups(
    conn: AsyncConnection, ids: Column[Any], condition: ColumnElement[bool], *, under: str, digits: int
) -> tuple[IdGroup, ...]:
    """Return the groups of those ids that begin with `under`, by their first `digits` digits, in order."""
    written = func.replace(cast(ids, Text), "-", "")
    prefix = func.left(written, digits)
    last_bits = cast(cast(literal("x").concat(func.right(written, 12)), BIT(48)), BigInteger)
    query = select(prefix, func.count(), func.bit_xor(last_bits)).where(condition, _begins_with(ids, under))
    found = await conn.execute(query.group_by(prefix).order_by(prefix))
    return tuple(IdGroup(prefix=row[0], count=row[1], digest=row[2]) for row in found)


async def list_ids(
    conn: AsyncConnection, ids: Column[Any], condition: ColumnElement[bool], *, under: str, limit: int
) -> list[UUID]:
    """List the ids that begin with `under`, in order, `limit` at most."""
    query = select(ids).where(condition, _begins_with(ids, under)).order_by(ids).limit(limit)
    return list((await conn.execute(query)).scalars())


async def list_existing(conn: AsyncConnection, ids: Column[Any], wanted: Collection[UUID]) -> set[UUID]:
    """Return which of these ids are stored."""
    return set((await conn.execute(select(ids).where(id_in(ids, wanted)))).scalars())


def _begins_with(ids: Column[Any], prefix: str) -> ColumnElement[bool]:
    return and_(ids >= UUID(prefix.ljust(DIGITS, "0")), ids <= UUID(prefix.ljust(DIGITS, "f")))
