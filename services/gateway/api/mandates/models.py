"""The models of responses about mandates."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.gateway.actions.mandates import MandateStatus
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.views.pages import Page


class Mandate(WireModel):
    """A mandate with its status today."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: Annotated[Id, Field(description="Mandate id")]
    trader: Annotated[Id, Field(description="Party id of the trader")]
    agent: Annotated[Id, Field(description="Party id of the agent")]
    from_: Annotated[Day, Field(alias="from", description="First day of the mandate, in UTC")]
    until: Annotated[Day, Field(description="Last day of the mandate, in UTC")]
    status: MandateStatus
    granted_at: Annotated[Timestamp, Field(description="When it was granted, RFC 3339 in UTC")]
    granted_by: Annotated[Id, Field(description="Party id of the trader or the administrator that granted it")]
    accepted_at: Annotated[
        Timestamp | None, Field(description="When the agent accepted it, or first lodged under it; null: not yet")
    ]
    revoked_at: Annotated[Timestamp | None, Field(description="When it was revoked; null: it was not")]
    revoked_by: Annotated[Id | None, Field(description="Party id of the trader or the administrator that revoked it")]


class Mandates(Page):
    """A page of mandates, newest first."""

    data: Annotated[tuple[Mandate, ...], Field(description="Mandates, newest first")]
