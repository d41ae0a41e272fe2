"""The data of events about the telling itself: an endpoint's, and what a receiver said of an event."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import AcknowledgementOutcome
from shared.contracts.events.parts import EventData
from shared.contracts.fields import Country, Id, ShortText, Timestamp


class EndpointEventData(EventData):
    """Which endpoint; told to its owner."""

    endpoint_id: Id


class EndpointVerification(EndpointEventData):
    """Answer it 2xx with `{"challenge": "…"}`; till then nothing else is sent there."""

    challenge: str


class EndpointTest(EndpointEventData):
    """Sent on request, to this endpoint alone."""


class EndpointDisabled(EndpointEventData):
    """Nothing is sent there any more; told by all the owner's other ways."""

    url: str
    reason: str


class EventAcknowledged(EventData):
    """A receiver's own verdict about an event, told to the sender of the thing that the event was about."""

    event_id: Annotated[Id, Field(description="The event it is about")]
    type: Annotated[str, Field(description="That event's type")]
    subject: Annotated[str, Field(description="That event's subject, kind:id")]
    outcome: AcknowledgementOutcome
    message: str | None = None
    by: Annotated[Id, Field(description="Party id of the receiver")]
    at: Timestamp
    declaration_id: Id | None = None
    permit_id: Id | None = None
    application_id: Id | None = None
    quota_id: Id | None = None
    reference: str | None = None
    issuer: Country | None = None
    number: ShortText | None = None
    status: Annotated[str | None, Field(description="Where the thing stood, as that event told it")] = None
