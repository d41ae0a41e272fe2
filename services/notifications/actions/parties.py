"""The copies of the parties and mandates, from the gateway's dispatchers; of a party, from its token too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.domain import audience
from services.notifications.store import parties as store
from services.notifications.store.tables import mandates
from shared import mandate_copies
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.messages import MandateBatch, MandateCopy
from shared.contracts.parties import Party
from shared.contracts.reconciliation import PartyVersion, PartyVersions
from shared.database import retry_transaction
from shared.limits import Limit, LimitSubject

MAX_CACHED = Limit(
    10_000,
    "parties",
    subject=LimitSubject.MEMORY,
    meaning="Parties that notifications remembers as stored",
    beyond="Notifications stores the party again.",
)


class PartyCopies:
    """Updates copies from the tokens of callers. It remembers versions, so that few calls need the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._versions: dict[UUID, int] = {}

    async def bring_up_to_date(self, party: Party, *, at: datetime) -> None:
        """Store the calling party if its token has a newer version than the copy."""
        if self._versions.get(party.id, 0) >= party.version:
            return
        await update_copies(self._engine, [party], at=at)
        if len(self._versions) >= MAX_CACHED:
            self._versions.clear()
        self._versions[party.id] = party.version


async def update_copies(engine: AsyncEngine, parties: Sequence[Party], *, at: datetime) -> None:
    """Store the parties that are newer than their copies, with their audience keys and grants."""
    newest = {party.id: party for party in sorted(parties, key=lambda party: party.version)}

    async def work() -> None:
        async with engine.begin() as conn:
            rows = [{"id": p.id, "version": p.version, "disabled": p.disabled} for p in newest.values()]
            changed = await store.upsert_newer(conn, rows, at=at)
            if changed:
                fresh = [newest[party_id] for party_id in changed]
                await store.replace_keys_and_grants(
                    conn, sorted(changed), _audience_key_rows(fresh), _grant_rows(fresh)
                )

    await retry_transaction(work)


async def list_versions(engine: AsyncEngine, *, after: UUID | None) -> PartyVersions:
    """Return a page of the versions of the copied parties, for the reconciliation."""
    async with engine.connect() as conn:
        found = await store.list_versions(conn, after=after, limit=RECONCILED_IDS)
    return PartyVersions(parties=tuple(PartyVersion(id=party_id, version=version) for party_id, version in found))


async def store_changed_mandates(engine: AsyncEngine, changed: Sequence[MandateCopy]) -> None:
    """Store changed mandates in the copy. A revision that is older than the stored one is ignored."""

    async def work() -> None:
        async with engine.begin() as conn:
            await mandate_copies.upsert(conn, mandates, changed)

    await retry_transaction(work)


async def list_mandates(engine: AsyncEngine, *, after: UUID | None) -> MandateBatch:
    """Return a page of the copied mandates whose last day has not passed, for the reconciliation."""
    async with engine.connect() as conn:
        found = await mandate_copies.list_page(conn, mandates, after=after, limit=RECONCILED_IDS)
    return MandateBatch(mandates=tuple(found))


def _audience_key_rows(parties: Sequence[Party]) -> list[dict[str, Any]]:
    return [
        {"audience_key": audience_key, "party_id": party.id}
        for party in parties
        for audience_key in sorted(audience.audience_keys_for_party(party))
        if "\x00" not in audience_key
    ]


def _grant_rows(parties: Sequence[Party]) -> list[dict[str, Any]]:
    return [
        {"party_id": party.id, "number": g.number, "country": g.country, "patterns": " ".join(g.patterns)}
        for party in parties
        for g in audience.country_grants(party)
    ]
