"""The people this process knows: a directory in memory, brought up to date from the database every few seconds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import credentials, mandates, parties
from shared.contracts.parties import Party
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory holds of a credential: whose it is, and until when it lives."""

    party_id: UUID
    ends: float
    subject: str | None

    def lives(self) -> bool:
        """Say whether it lets anybody in now."""
        return self.ends > time.time()


@dataclass(frozen=True, slots=True)
class Mandate:
    """What the directory holds of a mandate, by its agent and id."""

    trader_id: UUID
    first_day: date
    last_day: date
    revoked: bool


class People:
    """Parties by their ids, whose each credential is and until when, and who may act for whom."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._parties: dict[UUID, Known] = {}
        self._credentials: dict[str, Entry] = {}
        self._subjects: dict[str, str] = {}
        self._mandates: dict[UUID, dict[UUID, Mandate]] = {}
        self._revision = -1
        self._looked = float("-inf")
        self._looked_again = float("-inf")
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
                    granted = await mandates.changed_since(conn, self._revision)
                    self._take(changed, given)
                    self._take_mandates(granted)
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
            raise _unknown_now()
        return self._living(party_id, client_id)

    async def of_subject(self, subject: str) -> tuple[Known, str] | None:
        """Answer the party and the credential that stand for somebody of the outside issuer, or None."""
        learned = subject in self._subjects or await self._look_again()
        if not (learned and self.known):
            raise _unknown_now()
        client_id = self._subjects.get(subject)
        entry = self._credentials.get(client_id or "")
        known = None if client_id is None or entry is None else self._living(entry.party_id, client_id)
        return None if known is None or client_id is None else (known, client_id)

    async def principals(self, agent: UUID, *, day: date) -> list[Known]:
        """Answer the traders this agent may act for on a day; what another process granted lately is looked for."""
        found = self._principals(agent, day)
        if not found and await self._look_again():
            found = self._principals(agent, day)
        return found

    async def principal(self, agent: UUID, trader: UUID, *, day: date) -> Known | None:
        """Answer a trader if this agent may act for it on a day."""
        return next((known for known in await self.principals(agent, day=day) if known.party.id == trader), None)

    def _principals(self, agent: UUID, day: date) -> list[Known]:
        given = self._mandates.get(agent, {}).values()
        traders = {m.trader_id for m in given if not m.revoked and m.first_day <= day <= m.last_day}
        found = [self._parties[id] for id in sorted(traders) if id in self._parties]
        return [known for known in found if not known.party.disabled and "trader" in known.roles]

    async def _look_again(self) -> bool:
        """Look for what is a moment old, at most once a second, so that guesses cannot wear the database down."""
        if time.monotonic() - self._looked_again < 1.0:
            return True
        self._looked_again = time.monotonic()
        return await self.refresh_if_possible()

    def _living(self, party_id: UUID, client_id: str) -> Known | None:
        known, entry = self._parties.get(party_id), self._credentials.get(client_id)
        if known is None or known.party.disabled or entry is None:
            return None
        return known if entry.party_id == party_id and entry.lives() else None

    def _take(self, changed: Sequence[Party], given: Sequence[RowMapping]) -> None:
        for party in changed:
            text = party.model_dump_json()
            self._parties[party.id] = Known(party, text, party.numbers, frozenset(party.roles))
        for row in given:
            self._credentials[row["client_id"]] = Entry(row["party_id"], _end(row), row["subject"])
            if row["subject"] is not None and self._current(row["subject"]) is None:
                self._subjects[row["subject"]] = row["client_id"]

    def _current(self, subject: str) -> Entry | None:
        """Answer the credential that stands for a subject, unless it has ended."""
        entry = self._credentials.get(self._subjects.get(subject, ""))
        return entry if entry is not None and entry.lives() else None

    def _take_mandates(self, granted: Sequence[RowMapping]) -> None:
        for row in granted:
            mandate = Mandate(row["trader_id"], row["first_day"], row["last_day"], row["revoked_at"] is not None)
            self._mandates.setdefault(row["agent_id"], {})[row["id"]] = mandate


def _end(row: RowMapping) -> float:
    """Answer the second since 1970 at which a credential ends: it has, it will, or never."""
    if row["ended_at"] is not None:
        return 0.0
    return inf if row["expires_at"] is None else float(row["expires_at"].timestamp())


def _unknown_now() -> Unavailable:
    return Unavailable("database-unavailable", "Who you are cannot be checked now; ask again in a few seconds.")
