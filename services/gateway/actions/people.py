"""The people this process knows: a directory in memory, brought up to date from the database every few seconds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import credentials, parties
from shared.contracts.people import Party
from shared.logs import logger
from shared.problems import Unavailable

LOOK_EVERY = 5.0
"""Seconds between two looks for what other processes changed."""
STALE_AFTER = 45.0
"""Seconds after which nobody is let in on old knowledge: a disabled party stops within 60 s, whatever fails."""


@dataclass(frozen=True)
class Known:
    """A party, with what is asked of it on every request worked out once."""

    party: Party
    text: str
    numbers: frozenset[str]
    roles: frozenset[str]


class People:
    """Parties by their ids, and whose each credential is: nobody's when it was ended."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._parties: dict[UUID, Known] = {}
        self._credentials: dict[str, UUID | None] = {}
        self._revision = -1
        self._looked = float("-inf")
        self._one_look = asyncio.Lock()

    @property
    def known(self) -> bool:
        """Say whether the directory was ever read and is not too old to trust."""
        return time.monotonic() - self._looked < STALE_AFTER

    async def refresh(self) -> None:
        """Read what changed since the last look."""
        async with self._one_look:
            began = time.monotonic()
            async with self._engine.connect() as conn:
                revision = await parties.revision(conn)
                if revision != self._revision:
                    changed = await parties.changed_since(conn, self._revision)
                    given = await credentials.changed_since(conn, self._revision)
                    self._take(changed, given)
                    self._revision = revision
            self._looked = began

    async def refresh_if_possible(self) -> bool:
        """Read what changed; False, and left to the next look, when the database cannot answer."""
        try:
            await self.refresh()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            logger().warning("people.stale", error=repr(error)[:300])
            return False
        return True

    async def watch(self) -> None:
        """Keep the directory up to date until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.refresh_if_possible()

    async def find(self, party_id: UUID, client_id: str) -> Known | None:
        """Answer the party of a living credential, or None; raises Unavailable when that cannot be known now.

        A credential never heard of may be a moment old, from another process: then the database is asked.
        """
        learned = client_id in self._credentials or await self.refresh_if_possible()
        if not (learned and self.known):
            raise Unavailable("database-unavailable", "Who you are cannot be checked now; ask again in a few seconds.")
        return self._living(party_id, client_id)

    def _living(self, party_id: UUID, client_id: str) -> Known | None:
        known = self._parties.get(party_id)
        if known is None or known.party.disabled or self._credentials.get(client_id) != party_id:
            return None
        return known

    def _take(self, changed: Sequence[Party], given: Sequence[tuple[str, UUID, bool]]) -> None:
        for party in changed:
            text = party.model_dump_json()
            self._parties[party.id] = Known(party, text, party.numbers, frozenset(party.roles))
        for client_id, party_id, lives in given:
            self._credentials[client_id] = party_id if lives else None
