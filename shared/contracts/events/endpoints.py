"""The data of events about webhook endpoints and acknowledgements."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import AcknowledgementOutcome
from shared.contracts.events.parts import EventData, NameString, ShortString, TextString
from shared.contracts.fields import Country, Id, StoredNumber, Timestamp
from shared.contracts.webhooks import Url


class EndpointEventData(EventData):
    """The endpoint. Its owner receives the event."""

    endpoint_id: Annotated[Id, Field(description="Endpoint id")]


class EndpointVerification(EndpointEventData):
    """Reply with 2xx and `{"challenge": "…"}`. Until then the hub sends nothing else to the endpoint."""

    challenge: Annotated[ShortString, Field(description="Text that the endpoint returns")]


class EndpointTest(EndpointEventData):
    """The hub sends the event only to this endpoint."""


class EndpointDisabled(EndpointEventData):
    """The owner receives this event at its other endpoints and in the feed."""

    url: Annotated[Url, Field(description="URL of the endpoint")]
    reason: Annotated[TextString, Field(description="Why the hub disabled it")]


class EventAcknowledged(EventData):
    """The receiver accepted the event, accepted it with warnings, or could not read it."""

    event_id: Annotated[Id, Field(description="Id of the acknowledged event")]
    type: Annotated[ShortString, Field(description="Type of the acknowledged event")]
    subject: Annotated[NameString, Field(description="Subject of the acknowledged event, kind:id")]
    outcome: Annotated[AcknowledgementOutcome, Field(description="The receiver's result")]
    message: Annotated[TextString | None, Field(description="The receiver's message")] = None
    by: Annotated[Id, Field(description="Party id of the receiver")]
    at: Annotated[Timestamp, Field(description="When the receiver acknowledged it, in UTC")]
    declaration_id: Annotated[Id | None, Field(description="Id of the declaration of that event")] = None
    permit_id: Annotated[Id | None, Field(description="Id of the permit of that event")] = None
    application_id: Annotated[Id | None, Field(description="Id of the application of that event")] = None
    quota_id: Annotated[Id | None, Field(description="Id of the quota of that event")] = None
    reference: Annotated[ShortString | None, Field(description="The trader's own reference")] = None
    issuer: Annotated[Country | None, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")] = None
    number: Annotated[StoredNumber | None, Field(description="Box 1: permit number")] = None
    status: Annotated[ShortString | None, Field(description="Status that the acknowledged event stated")] = None
