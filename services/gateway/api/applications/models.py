"""The shapes of what is answered about applications for permits."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.api.descriptions.response_parts import CountryCode, Page, ResponsePart, ResponseShape, Transition
from services.gateway.api.permits.models import RelatedPermit
from shared.contracts import application


class Assessment(ResponsePart):
    """What one person of the authority found."""

    recommendation: str
    note: str | None
    party: UUID
    person: Annotated[str, Field(description="The credential the person came with")]
    at: datetime
    people: Annotated[
        tuple[str, ...], Field(description="Everyone who assessed it or asked its applicant, earlier ones too")
    ] = ()


class Application(application.Application):
    """An application whole: what was asked for, where it stands, and the permit where it was granted."""

    model_config = ConfigDict(defer_build=True)

    issuer: CountryCode
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
    assessment: Annotated[Assessment | None, Field(description="Told to the authority alone")] = None
    history: tuple[Transition, ...]


class Applications(Page):
    """A page of applications, newest first."""

    data: tuple[Application, ...]


RESPONSES: dict[str, ResponseShape] = {
    "list_applications": Applications,
    **dict.fromkeys(
        "apply_for_permit read_application query_application answer_application withdraw_application "
        "assess_application grant_application refuse_application".split(),
        Application,
    ),
}
