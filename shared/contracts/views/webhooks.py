"""The bodies that notifications returns about webhook endpoints, deliveries and acknowledgements."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import AcknowledgementOutcome, DeliveryStatus, EndpointStatus, WebhookFormat
from shared.contracts.fields import Id, Timestamp, WireModel
from shared.contracts.views.pages import Page


class Filters(WireModel):
    """Filters of an endpoint. An empty list means all."""

    countries: Annotated[tuple[str, ...], Field(description="Countries, ISO 3166-1 alpha-2")]
    permits: Annotated[tuple[str, ...], Field(description="Permits: numbers, ISSUER/NUMBER, or ids")]
    taxa: Annotated[tuple[str, ...], Field(description="Scientific names: a species, or a genus for all its species")]


class EndpointView(WireModel):
    """A webhook endpoint as its owner reads it."""

    id: Annotated[Id, Field(description="Endpoint id")]
    url: Annotated[str, Field(description="Where the hub sends webhooks")]
    event_types: Annotated[tuple[str, ...], Field(description="Event types, families such as `declaration.*`, or `*`")]
    description: Annotated[str | None, Field(description="Your own note about the endpoint")]
    filters: Filters
    headers: Annotated[
        dict[str, str],
        Field(description="Headers that the hub sends with every webhook. Values are write-only, and shown as `…`"),
    ]
    rate_limit: Annotated[int | None, Field(description="Maximum webhooks per second; null: no limit")]
    format: WebhookFormat
    status: EndpointStatus
    paused: Annotated[bool, Field(description="True: deliveries wait")]
    verify: Annotated[bool, Field(description="True: the endpoint proves each new URL")]
    rests_until: Annotated[
        Timestamp | None, Field(description="The endpoint replied with 429: the hub sends nothing until then")
    ]
    reason: Annotated[str | None, Field(description="Why the hub disabled it")]
    public_keys: Annotated[
        tuple[str, ...], Field(description="Public Ed25519 keys of the hub for `v1a` signatures: whpk_…")
    ]
    created_at: Annotated[Timestamp, Field(description="When it was created, RFC 3339 in UTC")]
    version: Annotated[int, Field(description="Rises with each change; If-Match names it")]


class CreatedEndpoint(EndpointView):
    """A new endpoint. The response shows its secret once."""

    secret: Annotated[str, Field(description="Key of the `v1` signatures: whsec_…")]


class Endpoints(Page):
    """A page of the party's endpoints, newest first."""

    data: Annotated[tuple[EndpointView, ...], Field(description="Endpoints, newest first")]


class NewSecret(WireModel):
    """A new secret, shown once. Until its end, the old secret also signs."""

    id: Annotated[Id, Field(description="Endpoint id")]
    secret: Annotated[str, Field(description="New key of the `v1` signatures: whsec_…")]
    old_secret_ends_at: Annotated[Timestamp, Field(description="When the old secret stops signing")]


class SentEvent(WireModel):
    """An event that the hub sends only to one endpoint, and its delivery."""

    event_id: Annotated[Id, Field(description="Event id")]
    delivery_id: Annotated[Id, Field(description="Delivery id")]


class ReplayResult(WireModel):
    """The number of deliveries that the hub sends again."""

    since: Annotated[Timestamp, Field(description="Start, inclusive")]
    until: Annotated[Timestamp, Field(description="End, inclusive")]
    deliveries: Annotated[int, Field(description="Number of deliveries")]


class Attempt(WireModel):
    """One attempt at a delivery, and the receiver's response."""

    at: Annotated[Timestamp, Field(description="When, RFC 3339 in UTC")]
    duration_ms: Annotated[int | None, Field(description="Duration in milliseconds")]
    status: Annotated[int | None, Field(description="HTTP status of the response; null: no response came")]
    reason: Annotated[str | None, Field(description="Why the attempt failed")]
    answer: Annotated[str | None, Field(description="Beginning of the response body")]


class AcknowledgementView(WireModel):
    """The receiver's own result for an event."""

    outcome: AcknowledgementOutcome
    message: Annotated[str | None, Field(description="The receiver's message")]
    at: Annotated[Timestamp, Field(description="When the hub received it, RFC 3339 in UTC")]


class StoredAcknowledgement(AcknowledgementView):
    """The receiver's own result for an event, as the hub stores it."""

    event_id: Annotated[Id, Field(description="Event id")]


class DeliveryView(WireModel):
    """The delivery of one event to one endpoint, with its newest attempts."""

    id: Annotated[Id, Field(description="Delivery id")]
    event_id: Annotated[Id, Field(description="Event id: the `webhook-id` of every attempt")]
    type: Annotated[str, Field(description="Event type")]
    subject: Annotated[str, Field(description="Subject of the event, kind:id")]
    status: DeliveryStatus
    created_at: Annotated[Timestamp, Field(description="When the hub created it, RFC 3339 in UTC")]
    settled_at: Annotated[Timestamp | None, Field(description="When it ended; null while it is pending")]
    next_attempt_at: Annotated[Timestamp | None, Field(description="When the hub tries next; null if it never does")]
    attempts: Annotated[tuple[Attempt, ...], Field(description="The newest 50 attempts, oldest first")]
    acknowledgement: Annotated[AcknowledgementView | None, Field(description="The receiver's own result")]


class Deliveries(Page):
    """A page of deliveries, newest first."""

    data: Annotated[tuple[DeliveryView, ...], Field(description="Deliveries, newest first")]
