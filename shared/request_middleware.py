"""The middleware of every service. The outermost assigns ids and writes log lines; the innermost handles errors."""

import asyncio
import logging
import re
import time
from collections.abc import Sequence

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.fields import first_duplicate_index
from shared.limits import Limit, LimitSubject
from shared.logs import log_request
from shared.problem_responses import problem_response, unexpected_error_response
from shared.request_context import RequestContext, begin_request

MAX_HEAD_BYTES = Limit(
    32_768,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="The headers, path and query of a request",
    beyond="431 `headers-too-large`",
)
INTERNAL_HEAD_BYTES = Limit(
    3 * MAX_HEAD_BYTES,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="The headers of a request from one service to another",
    beyond="431 `headers-too-large`; the gateway sends less.",
)
"""The gateway forwards headers, encodes the query again, and adds a token (`TOKEN_LENGTH`) and its own headers."""
HEADER_FRAME_BYTES = 4
"""Bytes of a header that are neither name nor value: colon, blank and end of line."""
HOST_PATTERN = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
"""A name or an address, perhaps with a port (RFC 3986, 3.2.2)."""
SINGLE_HEADERS = frozenset(
    {b"authorization", b"content-type", b"host", b"idempotency-key", b"if-match", b"permit-token"}
)
"""Headers that a request has at most once: two readers on the way might each use another of the two values."""
NO_STORE = (b"cache-control", b"no-store")
"""The header of each response that states no lifetime of its own: a response belongs to its caller (RFC 9111, 5.2.2.5).

Only public documents state one.
"""
ENCODED_SLASH = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)
"""A slash or backslash inside a part of the path. A proxy and the hub might split the path differently."""
HTTP_VERSIONS = frozenset({"1.0", "1.1"})
"""The versions that the hub reads. The parser accepts others, and a first line without one (HTTP/0.9)."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes that monitors read every few seconds: their lines have the level debug."""


class RequestMiddleware:
    """Gives each request an id, writes one log line for it, and responds to errors that nothing inside handles."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request with its id in the scope and in the response. Write its log line at its end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        given = dict(scope["headers"])
        # Only the gateway has a public URL. Its lifespan puts it into the state of each request.
        public_url = scope.get("state", {}).get("public_url", "")
        context = begin_request(given.get(b"x-request-id", b""), given.get(b"traceparent", b""), public_url=public_url)
        scope["request_id"] = context.request_id
        status: int | None = None
        reason: str | None = "failed before the response"

        async def send_with_request_id(message: Message) -> None:
            nonlocal status, reason
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", context.request_id.encode())]
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append(NO_STORE)
                message["headers"] = headers
                await send(message)
            else:
                await send(message)
                if not message.get("more_body"):
                    reason = None

        # HEAD is GET without a body (RFC 9110, 9.3.2), and the server omits the body.
        inner_scope = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self.app(inner_scope, receive, send_with_request_id)
            reason = reason and "response incomplete"
        except ClientDisconnect:
            reason = "client disconnected"
        except asyncio.CancelledError:
            reason = "cancelled"
            raise
        except Exception as error:
            response = unexpected_error_response(
                error, route=route_template(inner_scope), request_id=context.request_id
            )
            if status is None:
                await response(scope, receive, send_with_request_id)
            else:
                reason = "failed after the response began"
        finally:
            _log(scope["method"], route_template(inner_scope), status, began, context, reason)


class ErrorResponseMiddleware:
    """Refuses a wrong head, and responds to an error that no handler handles.

    It is the innermost middleware, so its responses pass the service's own: they have its headers and its format.
    """

    def __init__(self, app: ASGIApp, head_bytes: int = MAX_HEAD_BYTES) -> None:
        self.app, self._head_bytes = app, head_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request. Raise the error if the response has begun, or if the client has disconnected."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await (_check_head(scope, self._head_bytes) or self.app)(scope, receive, send_and_note)
        except ClientDisconnect:
            raise
        except Exception as error:
            if has_begun:
                raise
            route, request_id = route_template(scope), scope["request_id"]
            await unexpected_error_response(error, route=route, request_id=request_id)(scope, receive, send)


def route_template(scope: Scope) -> str | None:
    """Return the path of the route that serves a request, with names in place of ids; None if no route does."""
    return getattr(scope.get("route"), "path", None)


def _log(
    method: str, route: str | None, status: int | None, began: float, context: RequestContext, reason: str | None
) -> None:
    fields: dict[str, object] = {
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round((time.perf_counter() - began) * 1000, 2),
        "request_id": context.request_id,
        "traceparent": context.traceparent,
    }
    if context.party is not None:
        fields["party"] = context.party
    if context.user is not None:
        fields["user"] = context.user
    if context.code is not None:
        fields["code"] = context.code
    if reason is not None:
        fields["reason"] = reason
    log_request(_level(route, status), fields)


def _level(route: str | None, status: int | None) -> int:
    if route in PROBES:
        return logging.DEBUG
    if status is None or status < 500:
        return logging.INFO
    return logging.ERROR if status == 500 else logging.WARNING


def _check_head(scope: Scope, head_bytes: int) -> Response | None:
    """Return the problem of a request whose head is wrong, for any route; None if the head is right."""

    def reject(status: int, code: str, text: str, more: dict[str, str] | None = None) -> Response:
        return problem_response(status, code, text, request_id=scope["request_id"], headers=more)

    headers = scope["headers"]
    address = len(scope["raw_path"]) + len(scope["query_string"])
    if sum(len(k) + len(v) + HEADER_FRAME_BYTES for k, v in headers) + address > head_bytes:
        return reject(
            431,
            "headers-too-large",
            f"Headers, path and query have more than {head_bytes} bytes together, the limit of the hub. Send less.",
        )
    if (header := _find_duplicate_header(headers)) is not None:
        code = "idempotency-key-invalid" if header == "idempotency-key" else "header-twice"
        return reject(400, code, f"The header {header.title()} is in the request twice. Send it once.")
    if (fault := _find_framing_fault(scope)) is not None:
        return reject(400, "http-error", fault, {"Connection": "close"})
    hosts = [value for key, value in headers if key == b"host"]
    if (scope["http_version"] == "1.1" and not hosts) or not all(HOST_PATTERN.fullmatch(host) for host in hosts):
        text = "The header Host is missing or is not a host name. Send it with each request (RFC 9112, section 3.2)."
        return reject(400, "http-error", text)
    if b"%" in scope["raw_path"] and ENCODED_SLASH.search(scope["raw_path"]):
        text = "The path has an encoded slash or backslash (%2F, %5C). Send none: no id and no name has one."
        return reject(400, "invalid-parameter", text)
    return None


def _find_framing_fault(scope: Scope) -> str | None:
    """Return why two readers might find different ends of a request, or None. The connection ends after such a one."""
    if scope["http_version"] not in HTTP_VERSIONS:
        return "The first line of the request names no version that the hub reads. End it with HTTP/1.1."
    codings = [value for key, value in scope["headers"] if key == b"transfer-encoding"]
    if codings and (len(codings) > 1 or codings[0].lower() != b"chunked" or scope["http_version"] != "1.1"):
        return "The header Transfer-Encoding is not `chunked`. Send the body chunked, or with Content-Length."
    return None


def _find_duplicate_header(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """Return the name of a header of SINGLE_HEADERS that the request has twice, or None."""
    names = [name for name, _ in headers if name in SINGLE_HEADERS]
    index = None if len(set(names)) == len(names) else first_duplicate_index(names)
    return None if index is None else names[index].decode()
