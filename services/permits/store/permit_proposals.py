"""Permits that one person proposed, where the country requires two. Rows are only added."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.tables import permit_proposals


async def list_persons(
    conn: AsyncConnection, country: str, digests: Iterable[bytes], *, since: datetime
) -> dict[bytes, set[str]]:
    """Return the persons of a country's authority who proposed permits with these digests since a time, by digest."""
    c = permit_proposals.c
    wanted = func.any(bindparam("digests", type_=ARRAY(c.digest.type)))
    query = select(c.digest, c.person).where(c.country == country, c.digest == wanted, c.at >= since)
    persons: dict[bytes, set[str]] = {}
    for row in await conn.execute(query, {"digests": list(digests)}):
        persons.setdefault(row.digest, set()).add(row.person)
    return persons


async def add(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert proposals: id, country, digest, party_id, person, at."""
    if rows:
        await conn.execute(insert(permit_proposals), rows)
