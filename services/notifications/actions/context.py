"""The context of notifications: the objects that its routes and actions share, created once by the entry point."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.feed import FeedSignal
from services.notifications.actions.parties import PartyCopies
from shared.database import autocommit


@dataclass(frozen=True)
class NotificationsContext:
    """The shared objects of one process."""

    engine: AsyncEngine
    endpoint_policy: EndpointPolicy
    feed_signal: FeedSignal
    party_copies: PartyCopies

    @cached_property
    def autocommit_engine(self) -> AsyncEngine:
        """The same engine, for reads whose statements need no common transaction."""
        return autocommit(self.engine)
