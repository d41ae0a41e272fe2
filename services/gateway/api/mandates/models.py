"""The models of responses about mandates."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.gateway.actions.mandates import MandateStatus
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.views.pages import Page


class Mandate(WireModel):
    """A mandate as it is today."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: Id
    trader: Id
    agent: Id
    from_: Annotated[Day, Field(alias="from")]
    until: Annotated[Day, Field(description="The last day, included")]
    status: MandateStatus
    granted_at: Timestamp
    granted_by: Id
    revoked_at: Timestamp | None
    revoked_by: Id | None


class Mandates(Page):
    """A page of mandates, newest first."""

    data: tuple[Mandate, ...]
