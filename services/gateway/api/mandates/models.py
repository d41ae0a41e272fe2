"""The models of responses about mandates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.gateway.api.descriptions.response_parts import Page, ResponsePart


class Mandate(ResponsePart):
    """A mandate as it is today."""

    id: UUID
    trader: UUID
    agent: UUID
    from_: Annotated[date, Field(alias="from")]
    until: Annotated[date, Field(description="The last day, included")]
    status: Literal["future", "active", "ended", "revoked"]
    granted_at: datetime
    granted_by: UUID
    revoked_at: datetime | None
    revoked_by: UUID | None


class Mandates(Page):
    """A page of mandates, newest first."""

    data: tuple[Mandate, ...]
