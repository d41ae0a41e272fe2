"""Amendments after a restore: versions that permits lost, and versions whose bytes the gateway lost."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.restored_submissions import NO_BYTES, UNKNOWN_MEDIA_TYPE
from services.gateway.store.tables import amendments
from shared.contracts.fields import parse_digest
from shared.contracts.reconciliation import KnownAmendment
from shared.database import id_in, lowest_id
from shared.reconciliation import Period


def accepted_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on accepted amendments of declarations of a period."""
    c = amendments.c
    lodged = and_(c.declaration_id >= lowest_id(period.since), c.declaration_id < lowest_id(period.until))
    return and_(lodged, c.version.is_not(None))


async def list_declarations(conn: AsyncConnection, command_ids: Collection[UUID]) -> list[UUID]:
    """List the declarations of amendments."""
    c = amendments.c
    query = select(c.declaration_id).where(id_in(c.command_id, command_ids)).distinct()
    return sorted((await conn.execute(query)).scalars())


async def forget_later_versions(conn: AsyncConnection, versions: Mapping[UUID, int]) -> list[UUID]:
    """Remove the versions of amendments that are later than those of permits, by declaration. Return the declarations.

    Permits has version 0 of a declaration that it lost.
    """
    c, lost = amendments.c, set[UUID]()
    for declaration_id, version in versions.items():
        later = update(amendments).where(c.declaration_id == declaration_id, c.version > version).values(version=None)
        lost.update((await conn.execute(later.returning(c.declaration_id))).scalars())
    return sorted(lost)


async def adopt(conn: AsyncConnection, known: Sequence[KnownAmendment], *, at: datetime) -> None:
    """Insert accepted amendments without bytes, so that no other version counts as the newest."""
    rows = [
        {
            "command_id": one.command,
            "declaration_id": one.declaration,
            "party_id": one.party,
            "content_type": UNKNOWN_MEDIA_TYPE,
            "digest": parse_digest(one.digest),
            "body": NO_BYTES,
            "received_at": at,
            "version": one.version,
        }
        for one in known
    ]
    if rows:
        await conn.execute(insert(amendments).values(rows).on_conflict_do_nothing())
