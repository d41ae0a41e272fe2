"""What notifications returns about webhook endpoints, deliveries and acknowledgements."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import AcknowledgementOutcome, DeliveryStatus, EndpointStatus, WebhookFormat
from shared.contracts.fields import Id, Timestamp, WireModel
from shared.contracts.views.pages import Page


class Filters(WireModel):
    """Which events an endpoint wants; an empty list means all."""

    countries: tuple[str, ...]
    permits: tuple[str, ...]
    taxa: tuple[str, ...]


class EndpointView(WireModel):
    """An address for webhooks, as its owner sees it."""

    id: Id
    url: str
    event_types: tuple[str, ...]
    description: str | None
    filters: Filters
    headers: dict[str, str]
    rate_limit: int | None
    format: WebhookFormat
    status: EndpointStatus
    paused: bool
    verify: Annotated[bool, Field(description="It has to prove itself at each new URL, wherever that leads")]
    rests_until: Annotated[Timestamp | None, Field(description="It asked for rest (429): nothing is sent till then")]
    reason: Annotated[str | None, Field(description="Why it is disabled")]
    public_keys: Annotated[tuple[str, ...], Field(description="Ed25519, for `v1a` signatures: whpk_…")]
    created_at: Timestamp
    version: int


class CreatedEndpoint(EndpointView):
    """A new endpoint; its secret is shown this once."""

    secret: str


class Endpoints(Page):
    """A page of one's endpoints, newest first."""

    data: tuple[EndpointView, ...]


class NewSecret(WireModel):
    """A new secret, shown this once; until its end the old one signs beside it."""

    id: Id
    secret: str
    old_secret_ends_at: Timestamp


class SentEvent(WireModel):
    """An event that is sent to one endpoint alone, and its delivery."""

    event_id: Id
    delivery_id: Id


class ReplayResult(WireModel):
    """How much is sent again."""

    since: Timestamp
    until: Timestamp
    deliveries: int


class Attempt(WireModel):
    """One attempt at a delivery, and what the receiver answered."""

    at: Timestamp
    duration_ms: int | None
    status: Annotated[int | None, Field(description="Null: no answer came")]
    reason: str | None
    answer: Annotated[str | None, Field(description="The beginning of what was answered")]


class AcknowledgementView(WireModel):
    """What the receiver said of an event."""

    outcome: AcknowledgementOutcome
    message: str | None
    at: Timestamp


class StoredAcknowledgement(AcknowledgementView):
    """The receiver's own verdict, as it was kept."""

    event_id: Id


class DeliveryView(WireModel):
    """One event on its way to one endpoint, with every attempt."""

    id: Id
    event_id: Id
    type: str
    subject: str
    status: DeliveryStatus
    created_at: Timestamp
    settled_at: Timestamp | None
    next_attempt_at: Timestamp | None
    attempts: tuple[Attempt, ...]
    acknowledgement: AcknowledgementView | None


class Deliveries(Page):
    """A page of deliveries, newest first."""

    data: tuple[DeliveryView, ...]
