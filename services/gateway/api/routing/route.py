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


@dataclass(frozen=True, kw_only=True)
class Media:
    """A representation whose content is no JSON of a model: its media type, and a schema of its text."""

    media_type: str
    schema: Schema


CSV_FILE = Media(media_type=CSV, schema={"type": "string"})
NDJSON_LINES = Media(media_type=NDJSON, schema={"type": "string"})
WCO_DECLARATION = Media(
    media_type=XML,
    schema={"type": "string", "description": "A declaration of the WCO Data Model, version 2 or 3: see docs/wco.md"},
)
WCO_RESPONSE = Media(
    media_type=XML,
    schema={"type": "string", "description": "A WCO `Response`, where `Accept` prefers XML to JSON"},
)


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """What a route reads: JSON of a model if there is one, and other representations."""

    model: type[BaseModel] | None = None
    media: tuple[Media, ...] = ()
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class RouteResponse:
    """What a route answers with one status: JSON of a model, or of one of several, and other representations."""

    status: int = 200
    description: str
    model: type[BaseModel] | tuple[type[BaseModel], ...] | None = None
    media: tuple[Media, ...] = ()

    @property
    def models(self) -> tuple[type[BaseModel], ...]:
        """Return the models of the JSON, of which a response follows one."""
        if self.model is None:
            return ()
        return self.model if isinstance(self.model, tuple) else (self.model,)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A request and its response; text is for bodies that are not JSON (CSV, XML, NDJSON)."""

    request: Any = None
    response: Any = None
    request_xml: str | None = None
    checked_response: Any = None
    """The response with status 200 to a client that waits for the checks."""


NO_BODIES = Example()
"""The example of a route that reads no body and answers none."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a request may be, and how long it may take."""

    body_bytes: int = MAX_BODY_BYTES
    body_seconds: float = BODY_TIMEOUT_SECONDS
    """The longest that the body may take to arrive; of a file, the longest that it may pause."""
    service_seconds: float | None = None
    """The longest that the other service may take to answer; None is the limit of its client."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """An operation that follows from a response: its id, and where its parameters come from."""

    operation_id: str
    parameters: dict[str, str]


Handler = Callable[[Request, "Route"], Awaitable[Response]]
"""Answers a request to the route that it gets."""


@dataclass(frozen=True)
class AsgiHandler:
    """A handler that reads and sends messages of ASGI itself, for a route that is hot or that streams."""

    serve: Callable[[Scope, Receive, Send, "Route"], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Route:
    """One route of the public API, whichever service answers it."""

    method: Method
    path: str
    operation_id: str
    tag: Tag
    summary: str
    description: str
    permission: frozenset[Role] | None
    """The roles that may ever use it; PUBLIC (None) if it asks for no token."""
    handler: Handler | AsgiHandler
    service: ServiceName | None = None
    """The service without which there is no answer; None if the gateway answers by itself."""
    query: tuple[QueryParameter, ...] = ()
    headers: tuple[HeaderParameter, ...] = ()
    request: RequestBody | None = None
    responses: tuple[RouteResponse, ...]
    problems: tuple[str, ...] = ()
    """Codes of problems that do not follow from the rest: see problems.py."""
    example: Example
    limits: Limits = Limits()
    creates: bool = False
    """The response has the `id` of a new thing, whose own routes are below this path."""
    links: tuple[Link, ...] = ()

    @cached_property
    def query_names(self) -> tuple[str, ...]:
        """Return the names of the query parameters that the route knows."""
        return tuple(parameter.name for parameter in self.query)

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """Return the names of the parameters in the path."""
        return tuple(part.split("}")[0] for part in self.path.split("{")[1:])

    @cached_property
    def may_wait(self) -> bool:
        """Return whether `Prefer: wait=N` counts here."""
        return any(header.name == "Prefer" for header in self.headers)

    @property
    def answering_service(self) -> ServiceName:
        """Return the service that a proxied route is passed on to."""
        if self.service is None:
            raise ValueError(f"{self.operation_id} is answered by the gateway: it is passed on to no service")
        return self.service
