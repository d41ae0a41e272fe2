"""The amendments that made the versions of declarations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store import tables as t
from services.permits.store.from_row import Row


async def add(conn: AsyncConnection, declaration: DeclarationRecord, command_id: UUID) -> None:
    """Insert the amendment that made the current version of a declaration."""
    row = {
        "declaration_id": declaration.id,
        "version": declaration.version,
        "command_id": command_id,
        "digest": declaration.digest,
    }
    await conn.execute(insert(t.amended_versions).values(row))


async def list_by_declaration(conn: AsyncConnection, declaration_id: UUID) -> Sequence[Row]:
    """List the amendments of a declaration, oldest first."""
    c = t.amended_versions.c
    query = select(t.amended_versions).where(c.declaration_id == declaration_id).order_by(c.version)
    return (await conn.execute(query)).mappings().all()
