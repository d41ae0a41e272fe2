"""Webhook endpoints: where, what and how the hub sends; and the receiver's own result for an event."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.cites.events import EventType
from shared.contracts.closed_sets import AcknowledgementOutcome, DeliveryStatus, WebhookFormat
from shared.contracts.fields import Country, Name, ShortText, Text, Timestamp, WireModel
from shared.contracts.limits import COUNTRIES, ENDPOINT_HEADERS, EVENT_TYPES, FILTER_VALUES, HEADER_LENGTH, URL_LENGTH
from shared.limits import Limit, LimitSubject

MAX_HEADER_BYTES = Limit(
    4096,
    "bytes",
    subject=LimitSubject.EVENTS,
    meaning="Headers that the hub adds to the webhooks of one endpoint",
    beyond="422 `invalid-body`",
)
RESERVED_HEADERS = re.compile(
    r"(?i)(host|content-.*|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|accept-encoding"
    r"|user-agent|cookie2?|webhook-.*|svix-.*|ce-.*|date|via|forwarded|x-forwarded-.*)"
)
"""Headers of the connection, the content and the signature. An endpoint cannot choose them."""
_EVENT_TYPES, _EVENT_FAMILIES = frozenset(EventType), {event_type.family for event_type in EventType}


def _require_known_event_type(pattern: str) -> str:
    family, _, rest = pattern.partition(".")
    if pattern == "*" or pattern in _EVENT_TYPES or (rest == "*" and family in _EVENT_FAMILIES):
        return pattern
    raise PydanticCustomError("unknown_event_type", "Expected an event type: GET /v1/reference/event-types lists them.")


def _require_allowed_headers(headers: dict[str, str]) -> dict[str, str]:
    if len({name.lower() for name in headers}) != len(headers):
        raise PydanticCustomError("header_twice", "Expected each header once. Upper and lower case are the same name.")
    if any(RESERVED_HEADERS.fullmatch(name) for name in headers):
        raise PydanticCustomError(
            "header_not_allowed",
            "Expected another header: only the hub sets those of the connection, the content and the signature.",
        )
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise PydanticCustomError("headers_too_large", "Expected at most 4096 bytes for all headers together.")
    return headers


def _require_taxon_name(taxon: str) -> str:
    if not taxon.lower().removesuffix("spp.").strip():
        raise PydanticCustomError("blank", "Expected a scientific name: a species, or a genus with all its species.")
    return taxon


EventPattern = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|[a-z]+\.\*|[a-z]+\.[a-z_]+)$", max_length=64),
    AfterValidator(_require_known_event_type),
]
Url = Annotated[str, StringConstraints(pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00-\x20]+$", max_length=URL_LENGTH)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]
HeaderValue = Annotated[
    str, StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$", max_length=HEADER_LENGTH)
]
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Field(
        max_length=ENDPOINT_HEADERS,
        description="Headers that the hub sends with every webhook; it stores them encrypted and never shows a value",
    ),
    AfterValidator(_require_allowed_headers),
]
EventPatterns = Annotated[
    tuple[EventPattern, ...],
    Field(
        min_length=1,
        max_length=EVENT_TYPES,
        strict=False,
        description="Event types, families such as `declaration.*`, or `*`",
    ),
]
RateLimit = Annotated[int, Field(ge=1, le=1000, description="Maximum webhooks per second")]
FormatDescription = Field(
    description="cloudevents: CloudEvents 1.0, binary mode; headers have the attributes, the body is the data alone"
)


class EventFilters(WireModel):
    """Filters within the event types. An event matches one value of each list that is not empty."""

    countries: Annotated[
        tuple[Country, ...],
        Field(max_length=COUNTRIES, strict=False, description="Countries that the event concerns, ISO 3166-1 alpha-2"),
    ] = ()
    permits: Annotated[
        tuple[ShortText, ...],
        Field(max_length=FILTER_VALUES, strict=False, description="Permits: numbers, ISSUER/NUMBER, or ids"),
    ] = ()
    taxa: Annotated[
        tuple[Annotated[Name, AfterValidator(_require_taxon_name)], ...],
        Field(
            max_length=FILTER_VALUES,
            strict=False,
            description="Scientific names: a species, or a genus for all its species",
        ),
    ] = ()


class NewEndpoint(WireModel):
    """A URL for webhooks and the types of event that it receives. `declaration.*` is every type about declarations."""

    url: Annotated[Url, Field(description="Where the hub sends webhooks, at most 2000 characters")]
    event_types: EventPatterns = ("*",)
    description: Annotated[Text | None, Field(description="Your own note about the endpoint")] = None
    filters: EventFilters = EventFilters()
    headers: Headers = {}
    rate_limit: Annotated[RateLimit | None, Field(description="Maximum webhooks per second; null: no limit")] = None
    format: Annotated[WebhookFormat, FormatDescription] = WebhookFormat.STANDARD
    verify: Annotated[
        bool, Field(description="True: the endpoint proves each new URL, even if the hub does not require it")
    ] = False


class EndpointChange(WireModel):
    """A change of an endpoint. A field that you leave out stays; lists and filters replace the whole value."""

    url: Annotated[
        Url | None,
        Field(description="New URL; the endpoint may have to prove it. The hub drops the headers of the earlier URL"),
    ] = None
    event_types: Annotated[EventPatterns | None, Field(description="All event types of the endpoint")] = None
    description: Annotated[Text | None, Field(description="Your own note about the endpoint")] = None
    filters: Annotated[EventFilters | None, Field(description="All filters of the endpoint")] = None
    headers: Annotated[Headers | None, Field(description="All headers of the endpoint")] = None
    rate_limit: Annotated[RateLimit | None, Field(description="Maximum webhooks per second; null: no limit")] = None
    format: Annotated[WebhookFormat | None, FormatDescription] = None
    paused: Annotated[bool | None, Field(description="True: deliveries wait. False: the hub sends them, in order")] = (
        None
    )


class Replay(WireModel):
    """A request to send events again: from one moment to another, of some types, or only what the hub gave up."""

    since: Annotated[Timestamp, Field(description="Start, inclusive: RFC 3339 with its zone")]
    until: Annotated[Timestamp | None, Field(description="End, inclusive; if left out, now")] = None
    types: Annotated[EventPatterns | None, Field(description="Event types; if left out, all")] = None
    status: Annotated[
        Literal[DeliveryStatus.GIVEN_UP] | None, Field(description="`given_up`: only deliveries that the hub gave up")
    ] = None

    @model_validator(mode="after")
    def _until_is_not_before_since(self) -> "Replay":
        if self.until is not None and self.until < self.since:
            raise PydanticCustomError("ends_before_it_begins", "Expected `until` to be `since` or later.")
        return self


class Acknowledgement(WireModel):
    """The receiver's own result for an event."""

    outcome: AcknowledgementOutcome
    message: Annotated[Text | None, Field(description="Message to the sender, at most 500 characters")] = None
