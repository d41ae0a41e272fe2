"""Where a party wants its news sent, what of them, how, and what it said of them."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.cites.events import EventType
from shared.contracts.closed_sets import AcknowledgementOutcome, DeliveryStatus, WebhookFormat
from shared.contracts.fields import Country, Name, ShortText, Text, Timestamp, WireModel

MAX_HEADER_BYTES = 4096
RESERVED_HEADERS = re.compile(
    r"(?i)(host|content-.*|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|accept-encoding"
    r"|user-agent|cookie2?|webhook-.*|svix-.*|ce-.*|date|via|forwarded|x-forwarded-.*)"
)
"""Headers that say what a message is, how it is carried, or who signed it: not for an endpoint to choose."""
_EVENT_TYPES, _EVENT_FAMILIES = frozenset(EventType), {event_type.family for event_type in EventType}


def _require_known_event_type(pattern: str) -> str:
    family, _, rest = pattern.partition(".")
    if pattern == "*" or pattern in _EVENT_TYPES or (rest == "*" and family in _EVENT_FAMILIES):
        return pattern
    raise PydanticCustomError(
        "unknown_event_type", "There is no such type of event. GET /v1/reference/event-types lists them"
    )


def _require_allowed_headers(headers: dict[str, str]) -> dict[str, str]:
    if len({name.lower() for name in headers}) != len(headers):
        raise PydanticCustomError("header_twice", "A header is there twice; case makes no difference")
    if any(RESERVED_HEADERS.fullmatch(name) for name in headers):
        raise PydanticCustomError(
            "header_not_allowed", "Headers of the connection, the content and the signature are set by the hub alone"
        )
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise PydanticCustomError("headers_too_large", "All headers together have at most 4096 bytes")
    return headers


def _require_taxon_name(taxon: str) -> str:
    if not taxon.lower().removesuffix("spp.").strip():
        raise PydanticCustomError("blank", "A taxon has a name: a species, or a genus for all its species")
    return taxon


EventPattern = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|[a-z]+\.\*|[a-z]+\.[a-z_]+)$", max_length=64),
    AfterValidator(_require_known_event_type),
]
Url = Annotated[str, StringConstraints(pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00-\x20]+$", max_length=2000)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$", max_length=1000)]
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Field(max_length=20, description="Sent with every letter; kept encrypted"),
    AfterValidator(_require_allowed_headers),
]
EventPatterns = Annotated[tuple[EventPattern, ...], Field(min_length=1, max_length=50, strict=False)]
RateLimit = Annotated[int, Field(ge=1, le=1000, description="Letters a second, at most")]
FormatDescription = Field(
    description="cloudevents: binary mode of CloudEvents 1.0, attributes in headers and the data alone as the body"
)


class EventFilters(WireModel):
    """Which events, of the types it hears, an endpoint wants: one of each list that is not empty must fit."""

    countries: Annotated[tuple[Country, ...], Field(max_length=250, strict=False)] = ()
    permits: Annotated[
        tuple[ShortText, ...], Field(max_length=200, strict=False, description="Numbers, ISSUER/NUMBER, or ids")
    ] = ()
    taxa: Annotated[
        tuple[Annotated[Name, AfterValidator(_require_taxon_name)], ...],
        Field(max_length=200, strict=False, description="Species, or a genus for all its species"),
    ] = ()


class NewEndpoint(WireModel):
    """An address for webhooks and the types of event it hears; `declaration.*` is every type about declarations."""

    url: Url
    event_types: EventPatterns = ("*",)
    description: Text | None = None
    filters: EventFilters = EventFilters()
    headers: Headers = {}
    rate_limit: RateLimit | None = None
    format: Annotated[WebhookFormat, FormatDescription] = WebhookFormat.STANDARD
    verify: Annotated[
        bool, Field(description="Let it prove itself even where the hub does not demand it: see endpoint.verification")
    ] = False


class EndpointChange(WireModel):
    """What is to be different about an endpoint; what is not named stays, lists and filters are replaced whole."""

    url: Url | None = None
    event_types: EventPatterns | None = None
    description: Text | None = None
    filters: EventFilters | None = None
    headers: Headers | None = None
    rate_limit: RateLimit | None = None
    format: Annotated[WebhookFormat | None, FormatDescription] = None
    paused: bool | None = None


class Replay(WireModel):
    """Send again everything since a moment, until another one, of some types, or only what was given up."""

    since: Timestamp
    until: Timestamp | None = None
    types: EventPatterns | None = None
    status: Literal[DeliveryStatus.GIVEN_UP] | None = None

    @model_validator(mode="after")
    def _until_is_not_before_since(self) -> "Replay":
        if self.until is not None and self.until < self.since:
            raise PydanticCustomError("ends_before_it_begins", "until is not before since")
        return self


class Acknowledgement(WireModel):
    """The receiver's own verdict about an event."""

    outcome: AcknowledgementOutcome
    message: Text | None = None
