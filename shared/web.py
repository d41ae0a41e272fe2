"""What every service's HTTP side has in common: the app, the door, limits of bodies, health."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.fields import first_duplicate_index
from shared.metrics import ReadMetrics, render_metrics
from shared.problem_responses import add_problem_handlers, problem_response, request_id, unexpected_error_response
from shared.problems import Invalid, ProblemError
from shared.strict_json import parse_json, validate

Model = TypeVar("Model", bound=BaseModel)
REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._:-]{8,128}")
MAX_BODY_BYTES = 1_048_576
BODY_TIMEOUT_SECONDS = 15.0
MAX_FILE_BYTES = 256 * 1_048_576
"""The most bytes of a file of reference data."""
MAX_HEAD_BYTES = 32_768
HOST_PATTERN = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
"""A name or an address, perhaps with a port (RFC 3986, 3.2.2)."""
SINGLE_HEADERS = frozenset(
    {b"authorization", b"content-type", b"host", b"idempotency-key", b"if-match", b"permit-token"}
)
"""Headers that are there once: of two, every reader between a client and us might go by another one."""


def create_service_app(
    *,
    title: str,
    version: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    reason_not_ready: Callable[[], Awaitable[str | None]],
    **more: Any,
) -> FastAPI:
    """Make a service's app; `reason_not_ready` answers why it is not ready, or None."""
    app = FastAPI(
        title=title, version=version, lifespan=lifespan, redirect_slashes=False, docs_url=None, redoc_url=None, **more
    )
    add_problem_handlers(app)
    app.add_middleware(RequestIdMiddleware)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Say that the process is alive."""
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        """Say whether the service can do its work: its database answers and is migrated."""
        reason = await reason_not_ready()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return problem_response(503, "not-ready", reason, request_id=request_id(request), headers={"Retry-After": "1"})

    return app


def add_metrics(app: FastAPI, read_metrics: ReadMetrics) -> None:
    """Serve /metrics at the service's own port: for those that are not public, and nobody outside can reach."""

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Answer the service's figures for a monitor."""
        return Response(await render_metrics(read_metrics), media_type=CONTENT_TYPE_LATEST)


class RequestIdMiddleware:
    """The first thing a request meets: it gets an id, and an answer whatever breaks behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its id in the scope and in the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        request_id = given if REQUEST_ID_PATTERN.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)

        if (invalid_head := _check_head(scope, request_id)) is not None:
            await invalid_head(scope, receive, send)
            return

        started = False

        async def send_with_request_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        # The server sends no body to HEAD, which else asks what GET does (RFC 9110, 9.3.2).
        inner_scope = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self.app(inner_scope, receive, send_with_request_id)
        except Exception as error:
            response = unexpected_error_response(error, path=scope["path"], request_id=request_id)
            if not started:
                await response(scope, receive, send_with_request_id)


def _check_head(scope: Scope, request_id: str) -> Response | None:
    """Answer what is wrong with the head of a request, whatever it asks for."""

    def reject(status: int, code: str, text: str) -> Response:
        return problem_response(status, code, text, request_id=request_id, headers={"X-Request-Id": request_id})

    headers = scope["headers"]
    if sum(len(k) + len(v) for k, v in headers) + len(scope["query_string"]) > MAX_HEAD_BYTES:
        return reject(431, "headers-too-large", f"Headers and query have at most {MAX_HEAD_BYTES} bytes here.")
    if (header := _find_duplicate_header(headers)) is not None:
        code = "idempotency-key-invalid" if header == "idempotency-key" else "header-twice"
        return reject(400, code, f"The header {header.title()} is there twice. Send it once.")
    hosts = [value for key, value in headers if key == b"host"]
    if (scope["http_version"] == "1.1" and not hosts) or not all(HOST_PATTERN.fullmatch(host) for host in hosts):
        text = "A request by HTTP/1.1 says whom it is for in the header Host: a name or an address (RFC 9112, 3.2)."
        return reject(400, "http-error", text)
    return None


def _find_duplicate_header(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """Answer the name of a header that may be there once and is there again."""
    names = [name for name, _ in headers if name in SINGLE_HEADERS]
    index = None if len(set(names)) == len(names) else first_duplicate_index(names)
    return None if index is None else names[index].decode()


def require_no_encoding(coding: str) -> None:
    """Refuse a body that is compressed or otherwise coded: it would be taken for what it is not."""
    if coding.strip().lower() not in {"", "identity"}:
        raise Invalid("unsupported-media-type", "Send the body as it is, without Content-Encoding.")


def require_size(declared: str, limit: int) -> None:
    """Refuse a body that says it is too large, before it is sent: who waits for `100 Continue` keeps it."""
    if declared.isdigit() and int(declared) > limit:
        raise _body_too_large(limit)


async def read_body(request: Request, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read a body of at most `limit` bytes, chunked or not, within 15 s; refuses what is larger or slower."""
    require_no_encoding(request.headers.get("content-encoding", ""))
    require_size(request.headers.get("content-length", ""), limit)
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            return await _collect(request.stream(), limit)
    except TimeoutError:
        raise ProblemError("body-too-slow", f"The body did not arrive within {BODY_TIMEOUT_SECONDS:.0f} s.") from None


async def _collect(stream: AsyncIterator[bytes], limit: int) -> bytes:
    parts, size = [], 0
    async for part in stream:
        size += len(part)
        if size > limit:
            raise _body_too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def stream_body(request: Request, *, limit: int, seconds: float = BODY_TIMEOUT_SECONDS) -> AsyncIterator[bytes]:
    """Pass a large body on in pieces, never held whole; refuses what is larger, or stops arriving for `seconds`."""
    require_no_encoding(request.headers.get("content-encoding", ""))
    require_size(request.headers.get("content-length", ""), limit)
    size, chunks = 0, aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(seconds):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ProblemError("body-too-slow", f"Nothing of the body arrived for {seconds:.0f} s.") from None
        size += len(chunk)
        if size > limit:
            raise _body_too_large(limit)
        yield chunk


def require_csv(request: Request) -> None:
    """Refuse a body that does not say it is CSV."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"text/csv", "application/csv"}:
        raise Invalid("unsupported-media-type", "Send Content-Type: text/csv.")


def _body_too_large(limit: int) -> Invalid:
    return Invalid("body-too-large", f"A body has at most {limit} bytes here. Send less at a time.")


def require_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON in UTF-8."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", "Send Content-Type: application/json in UTF-8.")


async def read_json_body(request: Request, model: type[Model]) -> Model:
    """Read, parse and check a JSON body, as `parse_json_body` says."""
    return parse_json_body(request, await read_body(request), model)


def parse_json_body(request: Request, body: bytes, model: type[Model], *, optional: bool = False) -> Model:
    """Parse and check the body of a request; raises Invalid (400, 415, 422).

    No body at all counts as `{}`: it lacks what is required, if anything is. With `optional` an empty body of a stated
    media type counts so too.
    """
    if not body.strip() and (optional or "content-type" not in request.headers):
        return validate(model, {})
    require_json(request)
    return validate(model, parse_json(body))
