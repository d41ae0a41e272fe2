"""The context of the gateway: what routes and actions work with. The entry point creates it once."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.auth.access_tokens import AccessTokens
from services.gateway.actions.auth.external_issuer import ExternalIssuer
from services.gateway.actions.auth.party_directory import PartyDirectory
from services.gateway.actions.auth.rate_limits import RateLimits
from services.gateway.actions.auth.sign_ins import SignIns
from services.gateway.actions.dispatchers import PartyDispatchers
from services.gateway.actions.feed_watch import FeedWatch
from services.gateway.actions.lodgement.batcher import SubmissionBatcher
from services.gateway.actions.lodgement.waiters import SubmissionWaiters
from services.gateway.actions.request_slots import RequestSlots
from services.gateway.actions.spool_space import SpoolSpace
from shared.database import autocommit
from shared.sealed_secrets import SecretSealer
from shared.service_client import ServiceClient


@dataclass(frozen=True)
class GatewayContext:
    """Everything that an action may need, by name."""

    engine: AsyncEngine
    directory: PartyDirectory
    access_tokens: AccessTokens
    rate_limits: RateLimits
    sign_ins: SignIns
    sealer: SecretSealer
    batcher: SubmissionBatcher
    waiters: SubmissionWaiters
    submission_waits: RequestSlots
    feed_watch: FeedWatch
    feed_waits: RequestSlots
    bulks: RequestSlots
    spool_space: SpoolSpace
    party_dispatchers: PartyDispatchers
    permits: ServiceClient
    notifications: ServiceClient
    external_issuer: ExternalIssuer | None = None

    @cached_property
    def autocommit_engine(self) -> AsyncEngine:
        """The same engine, for reads by one statement."""
        return autocommit(self.engine)

    def service(self, name: str) -> ServiceClient:
        """Return the client of another service by name."""
        return self.permits if name == "permits" else self.notifications
