"""The relay: what another service answers is asked of it in the caller's name, and passed on as it is."""

import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.actions import service_calls
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import (
    authenticate,
    get_context,
    make_caller,
    path_id,
    require_known_parameters,
)
from services.gateway.api.descriptions.operations import (
    BODY_PROBLEMS,
    CODE_PROBLEMS,
    COMMON_PROBLEMS,
    FILE_PROBLEMS,
    header_parameter,
    problem_responses,
    request_body,
)
from services.gateway.api.descriptions.query_parameters import query_parameter
from services.gateway.api.protocol.commands import command_id
from services.gateway.api.protocol.headers import parse_idempotency_key, parse_wait
from shared.contracts.parties import Party, RepresentedTrader
from shared.problems import NotFound
from shared.request_context import record_code
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable
from shared.web import read_body

"""The namespace of command ids that are derived from a client's own key."""
FORWARDED_REQUEST_HEADERS = ("content-type", "if-match", "permit-token")
"""Request headers that go on; every other stays outside, whatever it claims of who sends it."""
FORWARDED_RESPONSE_HEADERS = (
    "content-type",
    "content-disposition",
    "etag",
    "location",
    "idempotency-replayed",
    "preference-applied",
    "retry-after",
)
FindRepresented = Callable[[Principal, bytes], Awaitable[RepresentedTrader | None]]
"""Finds out in whose name a mandated agent asks, by who it is and the body it sends."""
NAME_PATTERN = re.compile(r"[a-z0-9-]{1,64}")
COUNTRY_PATTERN = re.compile(r"[A-Z]{2}")
WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class ProxiedRoute:
    """One route of the public API that another service answers."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    operation: str
    service: Literal["permits", "notifications"]
    summary: str
    response_description: str
    description: str = ""
    status: int = 200
    response_media_type: str = "application/json"
    request_model: type[BaseModel] | None = None
    request_media_types: tuple[str, ...] = ("application/json",)
    file_media_type: str | None = None
    """The media type of a file that is passed on as it arrives, in place of a body of JSON."""
    body_optional: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    problem_codes: tuple[str, ...] = ()

    @property
    def honours_prefer(self) -> bool:
        """Say whether this route honours Prefer."""
        return "Prefer" in self.headers


async def forward(request: Request, route: ProxiedRoute) -> Response:
    """Pass a request on and its answer back; 503 with Retry-After when the service is away."""
    try:
        return render_reply(await call_service(request, route))
    except ServiceUnreachable:
        raise service_unavailable(route.service) from None


async def call_service(
    request: Request, route: ProxiedRoute, find_represented: FindRepresented | None = None
) -> ServiceResponse:
    """Check who asks and ask in their name; raises ServiceUnreachable when the service cannot answer now.

    `find_represented` finds out in whose name a mandated agent asks.
    """
    context = get_context(request)
    principal = await authenticate(context, request.headers.get("authorization", ""), route.operation)
    require_known_parameters(request, route.query)
    path = internal_path(request, route)
    wait = parse_wait(request.headers.get("prefer", "")) if route.honours_prefer else 0
    headers = _internal_headers(request, route, principal.party, path, wait)
    raw_body = await read_body(request) if route.method in WRITE_METHODS else b""
    return await service_calls.call(
        context,
        route.service,
        route.method,
        path,
        caller=make_caller(
            principal, request, await find_represented(principal, raw_body) if find_represented else None
        ),
        body=raw_body or None,
        query=request.query_params.multi_items(),
        headers=headers,
        seconds=wait + 10.0 if wait else None,
    )


def internal_path(request: Request, route: ProxiedRoute) -> str:
    """Write the path anew from its checked parts; what is no id or no name of ours is not there."""
    parts = {name: str(value) for name, value in request.path_params.items()}
    if "id" in parts:
        parts["id"] = str(path_id(request))
    if not all(
        (COUNTRY_PATTERN if name == "country" else NAME_PATTERN).fullmatch(part) for name, part in parts.items()
    ):
        raise NotFound
    return route.path.format(**parts)


def _internal_headers(request: Request, route: ProxiedRoute, party: Party, path: str, wait: int) -> dict[str, str]:
    headers = {name: request.headers[name] for name in FORWARDED_REQUEST_HEADERS if name in request.headers}
    if wait:
        headers["prefer"] = f"wait={wait}"
    if route.method in WRITE_METHODS:
        key = parse_idempotency_key(request.headers.get("idempotency-key"))
        headers["command-id"] = str(command_id(party.id, route.method, path, key))
    return headers


def render_reply(reply: ServiceResponse) -> Response:
    """Pass an answer on: status, body and the headers that are part of the contract."""
    if reply.status >= 400:
        record_code(_problem_code(reply.body))
    return Response(reply.body, status_code=reply.status, headers=forwarded_headers(reply.headers))


def _problem_code(body: bytes) -> str:
    """Return the code of a service's problem document, for the log line; "" where there is none."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    return str(document.get("code", "")) if isinstance(document, dict) else ""


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Answer those headers of an answer that are part of the contract."""
    return {name: headers[name] for name in FORWARDED_RESPONSE_HEADERS if name in headers}


def add_proxied_routes(
    app: FastAPI,
    routes: tuple[ProxiedRoute, ...],
    handler: Callable[[Request, ProxiedRoute], Coroutine[Any, Any, Response]],
) -> None:
    """Serve relayed routes by `handler`."""
    for route in routes:
        app.add_api_route(
            route.path,
            _endpoint(route, handler),
            methods=[route.method],
            operation_id=route.operation,
            name=route.operation,
            tags=[route.path.split("/")[2]],
            summary=route.summary,
            description=route.description,
            status_code=route.status,
            response_description=route.response_description,
            response_class=Response,
            responses=_responses(route),
            openapi_extra=_extra(route),
        )


def _endpoint(
    route: ProxiedRoute, handler: Callable[[Request, ProxiedRoute], Coroutine[Any, Any, Response]]
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        return await handler(request, route)

    return endpoint


def _responses(route: ProxiedRoute) -> dict[int | str, dict[str, Any]]:
    codes = [*COMMON_PROBLEMS, *route.problem_codes, "service-unavailable"]
    codes += BODY_PROBLEMS if route.request_model else ()
    codes += CODE_PROBLEMS if route.request_model and route.service == "permits" else ()
    codes += FILE_PROBLEMS if route.file_media_type else ()
    codes += ["not-found"] if "{" in route.path else []
    codes += ["idempotency-key-invalid", "idempotency-key-reused"] if route.method in {"POST", "PUT"} else []
    good: dict[int | str, dict[str, Any]] = {route.status: {"description": route.response_description}}
    if route.status != 204:
        good[route.status]["content"] = {
            route.response_media_type: {} if "json" in route.response_media_type else {"schema": {"type": "string"}}
        }
    return good | problem_responses(*dict.fromkeys(codes))


def _extra(route: ProxiedRoute) -> dict[str, Any]:
    names = [part.split("}")[0] for part in route.path.split("{")[1:]]
    string = {"type": "string"}
    uuid = {"type": "string", "format": "uuid"}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": uuid if name == "id" else string} for name in names
    ]
    parameters += [query_parameter(route.operation, name) for name in route.query]
    parameters += [
        header_parameter(
            name, HEADER_DESCRIPTIONS[name], required=name == "If-Match" and "version-missing" in route.problem_codes
        )
        for name in route.headers
    ]
    if route.method in {"POST", "PUT"}:
        parameters.append(header_parameter("Idempotency-Key", HEADER_DESCRIPTIONS["Idempotency-Key"]))
    extra: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if route.request_model is not None:
        extra["requestBody"] = request_body(
            route.request_model, media=route.request_media_types, required=not route.body_optional
        )
    if route.file_media_type is not None:
        extra["requestBody"] = {"required": True, "content": {route.file_media_type: {"schema": {"type": "string"}}}}
    return extra


HEADER_DESCRIPTIONS = {
    "Idempotency-Key": "The same on repeats: the effect is one, and the answer the same",
    "If-Match": "The ETag of the version that was read",
    "Permit-Token": "The permit's own secret token, for who is neither party nor authority",
    "Prefer": "wait=N: wait up to N seconds (30 at most) for something to answer with",
}
