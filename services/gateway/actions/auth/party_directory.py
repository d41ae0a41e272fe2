"""The party directory: parties, credentials and mandates in memory, refreshed from the database every few seconds."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import credentials, mandates, parties
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Party
from shared.database import DATABASE_ERRORS, now
from shared.database_disk import is_database_disk_full
from shared.logs import logger
from shared.problems import Unavailable, out_of_space

REFRESH_SECONDS = 5.0
"""Seconds between two reads of what other processes changed."""
STALE_AFTER = 45.0
"""Age in seconds after which the directory admits nobody.

So a disabled party is refused within 60 s, whatever fails.
"""


@dataclass(frozen=True)
class Principal:
    """A party, with the values that every request needs precomputed."""

    party: Party
    party_json: str
    identifier_keys: frozenset[str]
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class CredentialEntry:
    """A credential in the directory: its party, its person and its end."""

    party_id: UUID
    expires_at: float
    subject: str | None
    person: str

    def is_active(self) -> bool:
        """Return whether the credential is valid now."""
        return self.expires_at > time.time()


@dataclass(frozen=True, slots=True)
class MandateEntry:
    """A mandate that is neither revoked nor past, under its agent and id."""

    trader_id: UUID
    first_day: date
    last_day: date
    is_accepted: bool

    def is_valid_on(self, day: date) -> bool:
        """Return whether a day is one of the mandate's days."""
        return self.first_day <= day <= self.last_day


class PartyDirectory:
    """The parties by id, their credentials, and their mandates."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._parties: dict[UUID, Principal] = {}
        self._credentials: dict[str, CredentialEntry] = {}
        self._subjects: dict[str, str] = {}
        self._mandates: dict[UUID, dict[UUID, MandateEntry]] = {}
        self._revision = -1
        self._refreshed_at = float("-inf")
        self._throttled_at = float("-inf")
        self._refresh_lock = asyncio.Lock()

    @property
    def is_fresh(self) -> bool:
        """Whether the directory was read and is recent enough to trust."""
        return time.monotonic() - self._refreshed_at < STALE_AFTER

    async def refresh(self) -> None:
        """Read the changes since the last refresh."""
        async with self._refresh_lock:
            began = time.monotonic()
            async with self._engine.connect() as conn:
                revision = await parties.read_revision(conn)
                if revision != self._revision:
                    changed_parties = await parties.list_changed_since(conn, self._revision)
                    changed_credentials = await credentials.list_changed_since(conn, self._revision)
                    changed_mandates = await mandates.list_changed_since(conn, self._revision)
                    self._apply_changes(changed_parties, changed_credentials)
                    self._apply_mandates(changed_mandates, day=now().date())
                    self._revision = revision
            self._refreshed_at = began

    async def try_refresh(self) -> bool:
        """Read the changes. Return False if the database fails; the next refresh reads them then."""
        try:
            await self.refresh()
        except DATABASE_ERRORS as error:
            logger().warning("party_directory.refresh_failed", error=error)
            return False
        return True

    async def run(self) -> None:
        """Refresh the directory until the task is cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.try_refresh()

    async def find(self, party_id: UUID, client_id: str) -> Principal | None:
        """Return the party of an active credential, or None. Raise Unavailable if the directory is too old.

        Another process may have created an unknown credential a moment ago, so the directory reads the database first.
        """
        is_known = client_id in self._credentials or await self.try_refresh()
        if not (is_known and self.is_fresh):
            raise _directory_unavailable()
        return self._find_active(party_id, client_id)

    def find_person(self, client_id: str) -> str:
        """Return the person who uses a credential: the first credential in its line of rotations, empty if unknown."""
        entry = self._credentials.get(client_id)
        return "" if entry is None else entry.person

    async def find_by_subject(self, subject: str) -> tuple[Principal, str] | None:
        """Return the party and the client id of a subject of the external issuer, or None. Raise Unavailable."""
        is_known = subject in self._subjects or await self._refresh_throttled()
        if not (is_known and self.is_fresh):
            raise _directory_unavailable()
        client_id = self._subjects.get(subject)
        entry = self._credentials.get(client_id or "")
        principal = None if client_id is None or entry is None else self._find_active(entry.party_id, client_id)
        return None if principal is None or client_id is None else (principal, client_id)

    async def list_represented_traders(self, agent: UUID, *, day: date) -> list[Principal]:
        """Return the traders that an agent may represent on a day. If there are none, read the latest changes first."""
        found = self._traders_of(day, self._accepted(agent))
        if not found and await self._refresh_throttled():
            found = self._traders_of(day, self._accepted(agent))
        return found

    async def list_granting_traders(self, agent: UUID, *, day: date) -> list[Principal]:
        """Return the same with the traders whose mandate is offered: the agent accepts it when it lodges."""
        found = self._traders_of(day, self._granted(agent))
        if not found and await self._refresh_throttled():
            found = self._traders_of(day, self._granted(agent))
        return found

    def is_represented(self, agent: UUID, trader: UUID, *, day: date) -> bool:
        """Return whether an agent has an accepted mandate of a trader for a day."""
        return any(m.trader_id == trader and m.is_valid_on(day) for m in self._accepted(agent))

    async def find_represented_trader(self, agent: UUID, trader: UUID, *, day: date) -> Principal | None:
        """Return a trader if the agent may represent it on a day, else None."""
        return next(
            (
                principal
                for principal in await self.list_represented_traders(agent, day=day)
                if principal.party.id == trader
            ),
            None,
        )

    def _granted(self, agent: UUID) -> Iterable[MandateEntry]:
        return self._mandates.get(agent, {}).values()

    def _accepted(self, agent: UUID) -> Iterable[MandateEntry]:
        return (mandate for mandate in self._granted(agent) if mandate.is_accepted)

    def _traders_of(self, day: date, granted: Iterable[MandateEntry]) -> list[Principal]:
        traders = {mandate.trader_id for mandate in granted if mandate.is_valid_on(day)}
        found = [self._parties[trader_id] for trader_id in sorted(traders) if trader_id in self._parties]
        return [principal for principal in found if not principal.party.disabled and Role.TRADER in principal.roles]

    async def _refresh_throttled(self) -> bool:
        """Refresh at most once per second, so that guessed ids cannot overload the database."""
        if time.monotonic() - self._throttled_at < 1.0:
            return True
        self._throttled_at = time.monotonic()
        return await self.try_refresh()

    def _find_active(self, party_id: UUID, client_id: str) -> Principal | None:
        principal, entry = self._parties.get(party_id), self._credentials.get(client_id)
        if principal is None or principal.party.disabled or entry is None:
            return None
        return principal if entry.party_id == party_id and entry.is_active() else None

    def _apply_changes(self, changed_parties: Sequence[Party], changed_credentials: Sequence[RowMapping]) -> None:
        for party in changed_parties:
            text = party.identity.model_dump_json()
            self._parties[party.id] = Principal(party, text, party.identifier_keys, frozenset(party.roles))
        for row in changed_credentials:
            self._credentials[row["client_id"]] = CredentialEntry(
                row["party_id"], _expiry(row), row["subject"], row["person"]
            )
            if row["subject"] is not None and self._active_credential(row["subject"]) is None:
                self._subjects[row["subject"]] = row["client_id"]

    def _active_credential(self, subject: str) -> CredentialEntry | None:
        """Return the active credential of a subject, or None."""
        entry = self._credentials.get(self._subjects.get(subject, ""))
        return entry if entry is not None and entry.is_active() else None

    def _apply_mandates(self, changed_mandates: Sequence[RowMapping], *, day: date) -> None:
        for row in changed_mandates:
            mandate = MandateEntry(row["trader_id"], row["first_day"], row["last_day"], row["accepted_at"] is not None)
            of_agent = self._mandates.setdefault(row["agent_id"], {})
            if row["revoked_at"] is None and row["last_day"] >= day:
                of_agent[row["id"]] = mandate
            else:  # nobody needs it in memory any more, and their number has no limit
                of_agent.pop(row["id"], None)


def _expiry(row: RowMapping) -> float:
    """Return the end of a credential in seconds since 1970: 0 if it has ended, infinity if it never ends."""
    if row["ended_at"] is not None:
        return 0.0
    return inf if row["expires_at"] is None else float(row["expires_at"].timestamp())


def _directory_unavailable() -> Unavailable:
    if is_database_disk_full():
        return out_of_space()
    return Unavailable(
        "database-unavailable",
        "The hub cannot check your access token now: its database is not available. Repeat the "
        "request in a few seconds.",
    )
