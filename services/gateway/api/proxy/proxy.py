"""Requests that another service handles: forwarded on behalf of the caller, and its response returned unchanged."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.actions import service_calls
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.api.auth.authentication import admit, get_context, make_caller, path_id
from services.gateway.api.protocol.commands import command_id
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.routing.bodies import read_route_body
from services.gateway.api.routing.route import Route
from shared.contracts.parties import Party, RepresentedTrader
from shared.problem_responses import complete_problem_type
from shared.problems import Invalid, NotFound
from shared.request_context import record_code
from shared.request_middleware import MAX_HEAD_BYTES
from shared.service_client import ServiceResponse, ServiceUnreachable, service_unavailable

FORWARDED_REQUEST_HEADERS = ("content-type", "if-match", "permit-token")
"""Request headers that are forwarded. No other header passes, whatever it claims about the sender."""
FORWARDED_RESPONSE_HEADERS = (
    "content-type",
    "content-disposition",
    "etag",
    "location",
    "idempotency-replayed",
    "retry-after",
)
FindRepresented = Callable[[Principal, bytes], Awaitable[RepresentedTrader | None]]
"""Finds the trader whom an agent represents, from the principal and the body. It may refuse the request."""
NAME_PATTERN = re.compile(r"[a-z0-9-]{1,64}")
COUNTRY_PATTERN = re.compile(r"[A-Z]{2}")
WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def forward(request: Request, route: Route) -> Response:
    """Forward a request and return the response. Raise 503 with Retry-After if the service is unavailable."""
    try:
        return render_reply(await call_service(request, route))
    except ServiceUnreachable:
        raise service_unavailable(route.answering_service) from None


async def call_service(
    request: Request, route: Route, find_represented: FindRepresented | None = None
) -> ServiceResponse:
    """Forward the request of an admitted caller. Raise ServiceUnreachable if the service cannot respond.

    `find_represented` finds the trader whom an agent represents.
    """
    context = get_context(request)
    principal = await admit(request, route)
    path = internal_path(request, route)
    headers = _internal_headers(request, route, principal.party, path)
    raw_body = await read_route_body(request, route) if route.method in WRITE_METHODS else b""
    return await service_calls.call(
        context,
        route.answering_service,
        route.method,
        path,
        caller=make_caller(
            principal, request, await find_represented(principal, raw_body) if find_represented else None
        ),
        body=raw_body or None,
        query=read_query(request),
        headers=headers,
        seconds=route.limits.service_seconds,
    )


def read_query(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a request. Raise Invalid if they are too long when they are encoded again.

    A byte that is no UTF-8 becomes nine bytes.
    """
    parameters = request.query_params.multi_items()
    if len(request.scope["query_string"]) * 9 > MAX_HEAD_BYTES and len(urlencode(parameters)) > MAX_HEAD_BYTES:
        raise Invalid(
            "headers-too-large",
            f"The query has more than {MAX_HEAD_BYTES} bytes when it is encoded, the limit of the hub. Send less.",
        )
    return parameters


def internal_path(request: Request, route: Route) -> str:
    """Return the path, built again from its checked parts. Raise NotFound for a part that is no id and no name."""
    parts = {name: str(value) for name, value in request.path_params.items()}
    if "id" in parts:
        parts["id"] = str(path_id(request))
    if not all(
        (COUNTRY_PATTERN if name == "country" else NAME_PATTERN).fullmatch(part) for name, part in parts.items()
    ):
        raise NotFound
    return route.path.format(**parts)


def _internal_headers(request: Request, route: Route, party: Party, path: str) -> dict[str, str]:
    headers = {name: request.headers[name] for name in FORWARDED_REQUEST_HEADERS if name in request.headers}
    if route.method in WRITE_METHODS:
        key = parse_idempotency_key(request.headers.get("idempotency-key"))
        headers["command-id"] = str(command_id(party.id, route.method, path, key))
    return headers


def render_reply(reply: ServiceResponse) -> Response:
    """Return a service's response: status, body and the headers of the contract."""
    body = _render_problem(reply.body) if reply.status >= 400 else reply.body
    return Response(body, status_code=reply.status, headers=forwarded_headers(reply.headers))


def _render_problem(body: bytes) -> bytes:
    """Return a service's problem document with the address of its page. Record its code for the log line."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        record_code("")
        return body
    record_code(str(document.get("code", "")))
    completed = complete_problem_type(document)
    if completed is document:
        return body
    return json.dumps(completed, ensure_ascii=False, separators=(",", ":")).encode()


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the response headers that are part of the contract."""
    return {name: headers[name] for name in FORWARDED_RESPONSE_HEADERS if name in headers}
