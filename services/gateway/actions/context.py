"""The desk of the gateway: what its actions work with, made once by the entry point."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.auth.access_tokens import Access
from services.gateway.actions.auth.external_issuer import Outside
from services.gateway.actions.auth.party_directory import People
from services.gateway.actions.auth.rate_limits import Limits
from services.gateway.actions.auth.sealed_responses import Seal
from services.gateway.actions.dispatchers import PartyLetters
from services.gateway.actions.lodgement.batcher import Intake
from services.gateway.actions.lodgement.waiters import Waiting
from shared.database import alone
from shared.service_client import Service


@dataclass(frozen=True)
class Desk:
    """Everything an action may need, by name."""

    engine: AsyncEngine
    people: People
    access: Access
    limits: Limits
    seal: Seal
    intake: Intake
    waiting: Waiting
    letters: PartyLetters
    permits: Service
    notifications: Service
    outside: Outside | None = None

    @cached_property
    def looking(self) -> AsyncEngine:
        """The same engine for who looks something up by one statement."""
        return alone(self.engine)

    def service(self, name: str) -> Service:
        """Answer another service by its name."""
        return self.permits if name == "permits" else self.notifications
