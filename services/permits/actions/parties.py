"""Store the parties and the mandates that changed at the gateway."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import parties
from services.permits.store.tables import mandates
from shared import mandate_copies
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.messages import MandateBatch, MandateCopy
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
            await mandate_copies.upsert(conn, mandates, changed)

    await retry_transaction(transaction)


async def list_mandates(engine: AsyncEngine, *, after: UUID | None) -> MandateBatch:
    """Return a page of the copied mandates whose last day has not passed, for the reconciliation."""
    async with engine.connect() as conn:
        found = await mandate_copies.list_page(conn, mandates, after=after, limit=RECONCILED_IDS)
    return MandateBatch(mandates=tuple(found))
