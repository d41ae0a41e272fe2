"""Store the parties and the mandates that changed at the gateway."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import mandates, parties
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.messages import MandateCopy
from shared.contracts.parties import Party
from shared.contracts.reconciliation import PartyVersion, PartyVersions
from shared.database import retry_transaction


async def store_changed(engine: AsyncEngine, changed: Sequence[Party]) -> None:
    """Store changed parties in the copy of permits. A version that is older than the stored one is ignored."""

    async def transaction() -> None:
        async with engine.begin() as conn:
            await parties.upsert(conn, changed)

    await retry_transaction(transaction)


async def list_versions(engine: AsyncEngine, *, after: UUID | None) -> PartyVersions:
    """Return a page of the versions of the copied parties, for the reconciliation."""
    async with engine.connect() as conn:
        found = await parties.list_versions(conn, after=after, limit=RECONCILED_IDS)
    return PartyVersions(parties=tuple(PartyVersion(id=party_id, version=version) for party_id, version in found))


async def store_changed_mandates(engine: AsyncEngine, changed: Sequence[MandateCopy]) -> None:
    """Store changed mandates in the copy of permits. A revision that is older than the stored one is ignored."""

    async def transaction() -> None:
        async with engine.begin() as conn:
            await mandates.upsert(conn, changed)

    await retry_transaction(transaction)
