"""The data of events about an application for a permit."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import ApplicationStatus, PermitKind, Recommendation
from shared.contracts.events.parts import EventData, ShortString, TextString
from shared.contracts.fields import Country, Id, StoredNumber


class ApplicationEventData(EventData):
    """The application, the country whose authority decides, and the status after the event."""

    application_id: Annotated[Id, Field(description="Application id")]
    reference: Annotated[ShortString | None, Field(description="The applicant's own reference")] = None
    status: Annotated[ApplicationStatus, Field(description="Status after the event")]
    issuer: Annotated[Country, Field(description="Country whose authority decides, ISO 3166-1 alpha-2")]
    kind: Annotated[PermitKind, Field(description="Kind of the requested permit")]
    reason: Annotated[
        TextString | None, Field(description="The question, the reply, or the reason of the decision")
    ] = None


class ApplicationSubmitted(ApplicationEventData):
    """The authority of the issuing country decides next."""


class ApplicationAssessed(ApplicationEventData):
    """The applicant does not receive this event. The policy may require that another officer grants the application."""

    recommendation: Annotated[Recommendation, Field(description="The officer's recommendation")]


class ApplicationQueried(ApplicationEventData):
    """The application waits for the trader's reply."""


class ApplicationAnswered(ApplicationEventData):
    """The authority decides next."""


class ApplicationGranted(ApplicationEventData):
    """`permit.issued` announces the permit."""

    permit_id: Annotated[Id, Field(description="Id of the permit")]
    number: Annotated[StoredNumber, Field(description="Box 1: permit number")]


class ApplicationRefused(ApplicationEventData):
    """The hub issues no permit."""


class ApplicationWithdrawn(ApplicationEventData):
    """The authority decides nothing more."""
