"""The shapes of what the gateway returns of events; what notifications returns is in `shared.contracts.views`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.gateway.api.descriptions.response_parts import ResponsePart


class Event(ResponsePart):
    """An event as it is sent: see `webhooks` for the data of each type."""

    id: UUID
    type: str
    timestamp: datetime
    data: dict[str, Any]


class Events(ResponsePart):
    """A page of the feed, oldest first."""

    data: tuple[Event, ...]
    next_cursor: Annotated[str, Field(description="Where to go on, also when there is nothing yet")]
