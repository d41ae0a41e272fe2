"""The shapes of what is answered about applications for permits."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.api.descriptions.response_parts import (
    CountryCode,
    HistoryEntry,
    Page,
    ResponsePart,
)
from services.gateway.api.permits.models import RelatedPermit
from shared.contracts import application, permit


class AssessmentView(ResponsePart):
    """What one person of the authority found."""

    recommendation: str
    note: str | None
    party: UUID
    person: Annotated[str, Field(description="The credential the person came with")]
    at: datetime
    people: Annotated[
        tuple[str, ...], Field(description="Everyone who assessed it or asked its applicant, earlier ones too")
    ] = ()


class RequestedLine(permit.PermitLine):
    """A line of a permit as it was asked for."""

    model_config = ConfigDict(defer_build=True)


class ApplicationView(application.Application):
    """An application whole: what was asked for, where it stands, and the permit where it was granted."""

    model_config = ConfigDict(defer_build=True)

    issuer: CountryCode
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=200)]
    id: UUID
    version: int
    status: Literal["submitted", "queried", "granted", "refused", "withdrawn"]
    applicant: Annotated[UUID, Field(description="The trader it is made for; `trader` says the same")]
    lodged_by: Annotated[UUID, Field(description="Who made it: the trader itself, or an agent under a mandate")]
    submitted_at: datetime
    decided_at: datetime | None
    days_open: int
    permit_id: UUID | None
    permit: RelatedPermit | None
    assessment: Annotated[AssessmentView | None, Field(description="Told to the authority alone")] = None
    history: tuple[HistoryEntry, ...]


class Applications(Page):
    """A page of applications, newest first."""

    data: tuple[ApplicationView, ...]
