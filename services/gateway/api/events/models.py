"""The shapes of what is answered about webhook endpoints, deliveries and events."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.gateway.api.descriptions.response_parts import Page, ResponsePart


class Filters(ResponsePart):
    """Which events an endpoint wants; an empty list means all."""

    countries: tuple[str, ...]
    permits: tuple[str, ...]
    taxa: tuple[str, ...]


class EndpointView(ResponsePart):
    """An address for webhooks, as its owner sees it."""

    id: UUID
    url: str
    event_types: tuple[str, ...]
    description: str | None
    filters: Filters
    headers: dict[str, str]
    rate_limit: int | None
    format: Literal["standard", "cloudevents"]
    status: Annotated[str, Field(description="active, pending, paused or disabled")]
    paused: bool
    verify: Annotated[bool, Field(description="It has to prove itself at each new URL, wherever that leads")]
    rests_until: Annotated[datetime | None, Field(description="It asked for rest (429): nothing is sent till then")]
    reason: Annotated[str | None, Field(description="Why it is disabled")]
    public_keys: Annotated[tuple[str, ...], Field(description="Ed25519, for `v1a` signatures: whpk_…")]
    created_at: datetime
    version: int


class CreatedEndpoint(EndpointView):
    """A new endpoint; its secret is shown this once."""

    secret: str


class Endpoints(Page):
    """A page of one's endpoints, newest first."""

    data: tuple[EndpointView, ...]


class NewSecret(ResponsePart):
    """A new secret, shown this once; until its end the old one signs beside it."""

    id: UUID
    secret: str
    old_secret_ends_at: datetime


class SentEvent(ResponsePart):
    """An event that is sent to one endpoint alone, and its delivery."""

    event_id: UUID
    delivery_id: UUID


class ReplayResult(ResponsePart):
    """How much is sent again."""

    since: datetime
    until: datetime
    deliveries: int


class Attempt(ResponsePart):
    """One attempt at a delivery, and what the receiver answered."""

    at: datetime
    duration_ms: int | None = None
    status: Annotated[int | None, Field(description="Null: no answer came")] = None
    reason: str | None = None
    answer: Annotated[str | None, Field(description="The beginning of what was answered")] = None


class AcknowledgementView(ResponsePart):
    """What the receiver said of an event."""

    outcome: Literal["accepted", "with_warnings", "not_readable"]
    message: str | None
    at: datetime


class DeliveryView(ResponsePart):
    """One event on its way to one endpoint, with every attempt."""

    id: UUID
    event_id: UUID
    type: str
    subject: str
    status: Literal["pending", "delivered", "given_up", "dropped"]
    created_at: datetime
    settled_at: datetime | None
    next_attempt_at: datetime | None
    attempts: tuple[Attempt, ...]
    acknowledgement: AcknowledgementView | None


class Deliveries(Page):
    """A page of deliveries, newest first."""

    data: tuple[DeliveryView, ...]


class Event(ResponsePart):
    """An event as it is sent: see `webhooks` for the data of each type."""

    id: UUID
    type: str
    timestamp: datetime
    data: dict[str, Any]


class Events(ResponsePart):
    """A page of the feed, oldest first."""

    data: tuple[Event, ...]
    next_cursor: Annotated[str, Field(description="Where to go on, also when there is nothing yet")]


class StoredAcknowledgement(AcknowledgementView):
    """The receiver's own verdict, as it was kept."""

    event_id: UUID
