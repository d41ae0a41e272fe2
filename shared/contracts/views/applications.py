"""What the hub returns about applications for permits."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts import application, permit
from shared.contracts.closed_sets import ApplicationStatus
from shared.contracts.fields import Id, Timestamp, WireModel
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import CountryCode, HistoryEntry
from shared.contracts.views.permits import RelatedPermit


class AssessmentView(WireModel):
    """What one person of the authority found."""

    recommendation: str
    note: str | None
    party: Id
    person: Annotated[str, Field(description="The credential the person came with")]
    at: Timestamp
    people: Annotated[
        tuple[str, ...],
        Field(strict=False, description="Everyone who assessed it or asked its applicant, earlier ones too"),
    ] = ()


class RequestedLine(permit.PermitLine):
    """A line of a permit as it was asked for."""

    model_config = ConfigDict(defer_build=True)


class ApplicationView(application.Application):
    """An application whole: what was asked for, where it stands, and the permit where it was granted."""

    model_config = ConfigDict(defer_build=True)

    issuer: CountryCode
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=200)]
    id: Id
    version: int
    status: ApplicationStatus
    applicant: Annotated[Id, Field(description="The trader it is made for; `trader` says the same")]
    lodged_by: Annotated[Id, Field(description="Who made it: the trader itself, or an agent under a mandate")]
    submitted_at: Timestamp
    decided_at: Timestamp | None
    days_open: int
    permit_id: Id | None
    permit: RelatedPermit | None
    assessment: Annotated[AssessmentView | None, Field(description="Told to the authority alone")] = None
    history: tuple[HistoryEntry, ...]


class Applications(Page):
    """A page of applications, newest first."""

    model_config = ConfigDict(defer_build=True)

    data: tuple[ApplicationView, ...]
