"""The data of events about an application for a permit."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import ApplicationStatus, PermitKind, Recommendation
from shared.contracts.events.parts import EventData
from shared.contracts.fields import Country, Id, ShortText


class ApplicationEventData(EventData):
    """Which application, to which country's authority, and where it stands after what happened."""

    application_id: Id
    reference: Annotated[str | None, Field(description="The applicant's own")] = None
    status: ApplicationStatus
    issuer: Country
    kind: PermitKind
    reason: Annotated[str | None, Field(description="The question, the answer or the grounds")] = None


class ApplicationSubmitted(ApplicationEventData):
    """The authority of the issuing country has it before it."""


class ApplicationAssessed(ApplicationEventData):
    """Its applicant does not hear of this. Where the country's policy asks for two people, another one issues."""

    recommendation: Recommendation


class ApplicationQueried(ApplicationEventData):
    """It waits for the trader's answer."""


class ApplicationAnswered(ApplicationEventData):
    """The authority has it before it again."""


class ApplicationGranted(ApplicationEventData):
    """The permit is issued; an event of its own tells of it."""

    permit_id: Id
    number: ShortText


class ApplicationRefused(ApplicationEventData):
    """No permit comes of it."""


class ApplicationWithdrawn(ApplicationEventData):
    """The trader wants it no more."""
