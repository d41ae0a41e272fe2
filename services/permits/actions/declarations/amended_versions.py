"""The amended versions of a declaration, for the gateway, which stores their bytes."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import amended_versions
from shared.contracts.messages import AmendedVersion, AmendedVersions


async def list_amended_versions(engine: AsyncEngine, declaration_id: UUID) -> AmendedVersions:
    """Return the amended versions of a declaration, oldest first. There are none of an unknown declaration."""
    async with engine.connect() as conn:
        rows = await amended_versions.list_by_declaration(conn, declaration_id)
    return AmendedVersions(
        versions=tuple(
            AmendedVersion(version=row["version"], command=row["command_id"], digest=row["digest"]) for row in rows
        )
    )
