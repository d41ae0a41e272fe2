"""The desk of the gateway: what its actions work with, made once by the entry point."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.access import Access
from services.gateway.actions.carry import PartyLetters
from services.gateway.actions.limits import Limits
from services.gateway.actions.lodge import Intake
from services.gateway.actions.outside import Outside
from services.gateway.actions.people import People
from services.gateway.actions.seal import Seal
from services.gateway.actions.waiting import Waiting
from shared.calls import Service
from shared.database import alone


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
