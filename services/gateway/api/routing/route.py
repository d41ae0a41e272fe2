"""The declaration of one public route: all that the gateway, its clients and the OpenAPI document know of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.api.routing.parameters import HeaderParameter, QueryParameter, Schema
from services.gateway.api.routing.tags import Tag
from shared.contracts.closed_sets import Role
from shared.web import BODY_TIMEOUT_SECONDS, MAX_BODY_BYTES

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ServiceName = Literal["permits", "notifications"]
JSON = "application/json"
XML = "application/xml"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
LIST_COST = 5
"""The cost of a page of a long list, of the party's rate limit. A look-up and a declaration cost one."""
REPORT_COST = 50
"""The cost of a report over a year, a load of reference data or a replay."""


@dataclass(frozen=True, kw_only=True)
class Media:
    """A representation that is no JSON of a model: its media type, and a schema of its text."""

    media_type: str
    schema: Schema


CSV_FILE = Media(media_type=CSV, schema={"type": "string"})
NDJSON_LINES = Media(media_type=NDJSON, schema={"type": "string"})
WCO_DECLARATION = Media(
    media_type=XML,
    schema={"type": "string", "description": "A declaration of the WCO Data Model, version 2 or 3; see docs/wco.md"},
)
WCO_RESPONSE = Media(
    media_type=XML,
    schema={"type": "string", "description": "A WCO `Response`, if `Accept` prefers XML to JSON"},
)


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """The body of a request: JSON of a model if there is one, and other representations."""

    model: type[BaseModel] | None = None
    media: tuple[Media, ...] = ()
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class RouteResponse:
    """A response with one status: JSON of a model, or of one of several, and other representations."""

    status: int = 200
    description: str
    model: type[BaseModel] | tuple[type[BaseModel], ...] | None = None
    media: tuple[Media, ...] = ()

    @property
    def models(self) -> tuple[type[BaseModel], ...]:
        """The models of the JSON. A response follows one of them."""
        if self.model is None:
            return ()
        return self.model if isinstance(self.model, tuple) else (self.model,)


NOT_MODIFIED = RouteResponse(status=304, description="You have this document: its ETag is in `If-None-Match`")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A request and its response. Text is for bodies that are not JSON (CSV, XML, NDJSON)."""

    request: Any = None
    response: Any = None
    request_xml: str | None = None
    checked_response: Any = None
    """The response with status 200 to a client that waits for the checks."""


NO_BODIES = Example()
"""The example of a route without bodies."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The maximum size and duration of a request."""

    body_bytes: int = MAX_BODY_BYTES
    body_seconds: float = BODY_TIMEOUT_SECONDS
    """The longest time for the body to arrive; for a file, the longest pause."""
    service_seconds: float | None = None
    """The longest time for the other service to respond. None is the limit of its client."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """An operation that follows from a response: its id, and the source of its parameters."""

    operation_id: str
    parameters: dict[str, str]


Handler = Callable[[Request, "Route"], Awaitable[Response]]
"""Handles a request to the given route."""


@dataclass(frozen=True)
class AsgiHandler:
    """A handler that reads and sends ASGI messages, for a route that is hot or that streams."""

    serve: Callable[[Scope, Receive, Send, "Route"], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Route:
    """One route of the public API, whichever service responds."""

    method: Method
    path: str
    operation_id: str
    tag: Tag
    summary: str
    description: str
    permission: frozenset[Role] | None
    """The roles that may use it; PUBLIC (None) if it requires no token."""
    handler: Handler | AsgiHandler
    service: ServiceName | None = None
    """The service without which there is no response; None if the gateway responds alone."""
    query: tuple[QueryParameter, ...] = ()
    headers: tuple[HeaderParameter, ...] = ()
    request: RequestBody | None = None
    responses: tuple[RouteResponse, ...]
    problems: tuple[str, ...] = ()
    """Codes of problems that do not follow from the rest: see problems.py."""
    example: Example
    limits: Limits = Limits()
    cost: int = 1
    """The cost of a request, of the party's rate limit: more if the hub works longer for it than for a look-up."""
    creates: bool = False
    """The response has the `id` of a new resource, whose own routes are below this path."""
    links: tuple[Link, ...] = ()

    @cached_property
    def query_names(self) -> tuple[str, ...]:
        """The names of the query parameters of the route."""
        return tuple(parameter.name for parameter in self.query)

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """The names of the parameters in the path."""
        return tuple(part.split("}")[0] for part in self.path.split("{")[1:])

    @property
    def answering_service(self) -> ServiceName:
        """The service to which the route is forwarded. Raise ValueError if the gateway responds."""
        if self.service is None:
            raise ValueError(f"{self.operation_id} is answered by the gateway: it is passed on to no service")
        return self.service
