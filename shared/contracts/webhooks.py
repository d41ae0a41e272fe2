"""Where a party wants its news sent, and what it said of them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.words import Moment, Text, Wire

EventPattern = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z]+\.\*|[a-z]+\.[a-z_]+)$", max_length=64)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s\x00-\x20]+$", max_length=2000)]


class NewEndpoint(Wire):
    """An address for webhooks and the types of event it hears; `declaration.*` is every type about declarations."""

    url: Url
    event_types: Annotated[tuple[EventPattern, ...], Field(min_length=1, max_length=50, strict=False)] = ("*",)
    description: Text | None = None


class EndpointChange(Wire):
    """What is to be different about an endpoint; what is not named stays."""

    url: Url | None = None
    event_types: Annotated[tuple[EventPattern, ...] | None, Field(min_length=1, max_length=50, strict=False)] = None
    description: Text | None = None
    paused: bool | None = None


class Replay(Wire):
    """Send again everything since a moment."""

    since: Moment


class Acknowledgement(Wire):
    """The receiver's own verdict about an event."""

    outcome: Literal["accepted", "with_warnings", "not_readable"]
    message: Text | None = None
