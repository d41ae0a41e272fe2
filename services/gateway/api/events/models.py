"""The shapes of what the gateway returns of events; what notifications returns is in `shared.contracts.views`."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.fields import Id, Timestamp, WireModel


class Event(WireModel):
    """An event as it is sent: see `webhooks` for the data of each type."""

    id: Id
    type: str
    timestamp: Timestamp
    data: dict[str, Any]


class Events(WireModel):
    """A page of the feed, oldest first."""

    data: tuple[Event, ...]
    next_cursor: Annotated[str, Field(description="Where to go on, also when there is nothing yet")]
