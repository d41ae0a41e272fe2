"""Bring the copy of the parties up to date, by version, from the gateway's courier and from each caller's token."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.domain import audience
from services.notifications.store import parties as store
from shared.contracts.parties import Party
from shared.database import again


async def learn(engine: AsyncEngine, parties: Sequence[Party], *, at: datetime) -> None:
    """Keep those of the parties that are newer than the copy, with what they are found by."""
    newest = {party.id: party for party in sorted(parties, key=lambda party: party.version)}

    async def work() -> None:
        async with engine.begin() as conn:
            rows = [{"id": p.id, "version": p.version, "disabled": p.disabled} for p in newest.values()]
            changed = await store.keep(conn, rows, at=at)
            if changed:
                fresh = [newest[id] for id in changed]
                await store.find_by(conn, sorted(changed), _marks(fresh), _grants(fresh))

    await again(work)


def _marks(parties: Sequence[Party]) -> list[dict[str, Any]]:
    return [
        {"mark": mark, "party_id": party.id}
        for party in parties
        for mark in sorted(audience.marks_of_party(party))
        if "\x00" not in mark
    ]


def _grants(parties: Sequence[Party]) -> list[dict[str, Any]]:
    return [
        {"party_id": party.id, "number": g.number, "country": g.country, "patterns": " ".join(g.patterns)}
        for party in parties
        for g in audience.grants_of_party(party)
    ]
