"""The bodies that the hub returns about applications for permits."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts import application, permit
from shared.contracts.closed_sets import ApplicationStatus
from shared.contracts.fields import Id, Timestamp, WireModel
from shared.contracts.limits import LINES
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import CountryCode, HistoryEntry
from shared.contracts.views.permits import RelatedPermit


class AssessmentView(WireModel):
    """The assessment of one officer."""

    recommendation: Annotated[str, Field(description="grant or refuse")]
    note: Annotated[str | None, Field(description="Result in words")]
    party: Annotated[Id, Field(description="Party id of the authority")]
    person: Annotated[str, Field(description="Credential of the officer: the client id of the request")]
    at: Annotated[Timestamp, Field(description="When, RFC 3339 in UTC")]
    people: Annotated[
        tuple[str, ...],
        Field(strict=False, description="Credentials of every officer who assessed it or queried the applicant"),
    ] = ()


class RequestedLine(permit.PermitLine):
    """A permit line as the applicant requested it."""

    model_config = ConfigDict(defer_build=True)


class ApplicationView(application.Application):
    """An application in full: the request, its status, and the permit if the authority granted it."""

    model_config = ConfigDict(defer_build=True)

    issuer: Annotated[CountryCode, Field(description="Country whose authority decides, ISO 3166-1 alpha-2")]
    lines: Annotated[
        tuple[RequestedLine, ...], Field(min_length=1, max_length=LINES, description="Requested lines, 1 to 200")
    ]
    id: Annotated[Id, Field(description="Application id")]
    version: Annotated[int, Field(description="Rises with each change; If-Match names it")]
    status: ApplicationStatus
    applicant: Annotated[Id, Field(description="Party id of the trader that applies; `trader` has the same value")]
    lodged_by: Annotated[Id, Field(description="Party id of the sender: the trader, or an agent under a mandate")]
    submitted_at: Annotated[Timestamp, Field(description="When the hub received it, RFC 3339 in UTC")]
    decided_at: Annotated[Timestamp | None, Field(description="When it was granted, refused or withdrawn")]
    days_open: Annotated[int, Field(description="Whole days from submission to the decision, or until now")]
    permit_id: Annotated[Id | None, Field(description="Id of the granted permit")]
    permit: Annotated[RelatedPermit | None, Field(description="The granted permit")]
    assessment: Annotated[AssessmentView | None, Field(description="The assessment; only the authority reads it")] = (
        None
    )
    history: Annotated[tuple[HistoryEntry, ...], Field(description="All changes, oldest first")]


class Applications(Page):
    """A page of applications, newest first."""

    model_config = ConfigDict(defer_build=True)

    data: Annotated[tuple[ApplicationView, ...], Field(description="Applications, newest first")]
