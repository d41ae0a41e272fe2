"""The context of notifications: what its routes and actions work with, made once by the entry point."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.feed import FeedSignal
from services.notifications.actions.parties import PartyCopies


@dataclass(frozen=True)
class NotificationsContext:
    """Everything a route may need, by name."""

    engine: AsyncEngine
    endpoint_policy: EndpointPolicy
    feed_signal: FeedSignal
    party_copies: PartyCopies
