"""The feed of events. Other bodies about events are in `shared.contracts.views`."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.fields import Id, Timestamp, WireModel


class Event(WireModel):
    """An event as the hub sends it. `webhooks` describes the data of each type."""

    id: Annotated[Id, Field(description="Event id, the same in every repetition")]
    type: Annotated[str, Field(description="Event type, as in /v1/reference/event-types")]
    timestamp: Annotated[Timestamp, Field(description="When it happened, RFC 3339 in UTC")]
    data: Annotated[dict[str, Any], Field(description="The data of its type")]


class Events(WireModel):
    """A page of the feed, oldest first."""

    data: Annotated[tuple[Event, ...], Field(description="Events, oldest first")]
    next_cursor: Annotated[str, Field(description="Value of `after` for the next page, even if there is no event yet")]
