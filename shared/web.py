"""The HTTP side of every service: the app, its middleware, limits of bodies, health."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response

from shared.contracts.reconciliation import ReconciliationState
from shared.contracts.views.pages import RenderedPage
from shared.limits import Limit, LimitSubject
from shared.metrics import ReadMetrics, render_metrics
from shared.problem_responses import add_problem_handlers, problem_response, request_id
from shared.problems import Invalid, ProblemError
from shared.readiness import share_check
from shared.request_middleware import MAX_HEAD_BYTES, ErrorResponseMiddleware, RequestMiddleware
from shared.strict_json import parse_json, validate

Model = TypeVar("Model", bound=BaseModel)
Parsed = TypeVar("Parsed")
MAX_BODY_BYTES = Limit(
    1_048_576,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="The body of a request",
    beyond="413 `body-too-large`",
)
BODY_TIMEOUT_SECONDS = Limit(
    15,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Time for the body of a request to arrive",
    beyond="408 `body-too-slow`",
)
INLINE_BODY_BYTES = Limit(
    1_048_576,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="A batch of another service that is parsed on the event loop at once",
    beyond="It is parsed in a thread, so that the process goes on to serve other requests.",
)
MAX_FILE_BYTES = Limit(
    256 * 1_048_576,
    "bytes",
    subject=LimitSubject.REFERENCE,
    meaning="A file of reference data",
    beyond="413 `body-too-large`",
)
"""The most bytes of a file of reference data."""
MAX_LIST_BYTES = Limit(
    16 * 1_048_576,
    "bytes",
    subject=LimitSubject.REFERENCE,
    meaning="A file of suspensions or quotas, and the part of a species index that stays in memory",
    beyond="413 `body-too-large`. A larger species index is loaded, but not a second time after a conflict.",
)
"""The most bytes that the hub reads twice. The public lists are much smaller."""


def create_service_app(
    *,
    title: str,
    version: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]
    | Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]],
    reason_not_ready: Callable[[], Awaitable[str | None]],
    read_reconciliations: Callable[[], Awaitable[Sequence[ReconciliationState]]] | None = None,
    middleware: Sequence[Middleware] = (),
    head_bytes: int = MAX_HEAD_BYTES,
    **more: Any,
) -> FastAPI:
    """Return a service's app; `reason_not_ready` returns why it is not ready, or None.

    `read_reconciliations` returns the states that `/readyz` also shows; they do not make a service unready.
    `middleware` is the service's own, outermost first. `RequestMiddleware` is outside of it, so that an error there
    leads to a problem document and a log line too. `ErrorResponseMiddleware` is inside of it, so that responses to
    errors of the app have the service's headers and format.
    """
    app = FastAPI(
        title=title,
        version=version,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(RequestMiddleware), *middleware, Middleware(ErrorResponseMiddleware, head_bytes)],
        **more,
    )
    add_problem_handlers(app)

    async def check() -> tuple[str | None, dict[str, Any]]:
        reason = await reason_not_ready()
        if reason is not None or read_reconciliations is None:
            return reason, {}
        states = await read_reconciliations()
        return None, {"reconciliations": [state.model_dump(mode="json") for state in states]}

    check_once = share_check(check)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Return that the process is alive."""
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        """Return whether the service can do its work: its database responds and is migrated.

        A service that reconciles also returns the state of its reconciliations.
        """
        reason, details = await check_once()
        if reason is None:
            return JSONResponse({"status": "ready", **details})
        return problem_response(503, "not-ready", reason, request_id=request_id(request), headers={"Retry-After": "1"})

    return app


def add_metrics(app: FastAPI, read_metrics: ReadMetrics) -> None:
    """Serve /metrics on the service's own port. It is for services that cannot be reached from outside the hub."""

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Return the metrics of the service."""
        return Response(await render_metrics(read_metrics), media_type=CONTENT_TYPE_LATEST)


def require_no_encoding(coding: str) -> None:
    """Raise Invalid if a body is compressed or otherwise encoded: the hub would misread it."""
    if coding.strip().lower() not in {"", "identity"}:
        raise Invalid(
            "unsupported-media-type",
            f"The header Content-Encoding is {coding.strip()[:40]}. Send the body uncompressed, without this header.",
        )


def require_size(declared: str, limit: int) -> None:
    """Raise Invalid if Content-Length is too large. A client that waits for `100 Continue` then sends no body."""
    if declared.isdigit() and int(declared) > limit:
        raise _body_too_large(limit)


async def read_body(request: Request, *, limit: int = MAX_BODY_BYTES, seconds: float = BODY_TIMEOUT_SECONDS) -> bytes:
    """Read a body of at most `limit` bytes, chunked or not, within `seconds`.

    Raise Invalid if it is larger, ProblemError (body-too-slow) if it is slower.
    """
    require_no_encoding(request.headers.get("content-encoding", ""))
    require_size(request.headers.get("content-length", ""), limit)
    try:
        async with asyncio.timeout(seconds):
            return await _collect(request.stream(), limit)
    except TimeoutError:
        raise body_too_slow(seconds) from None


async def _collect(stream: AsyncIterator[bytes], limit: int) -> bytes:
    parts, size = [], 0
    async for part in stream:
        size += len(part)
        if size > limit:
            raise _body_too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def stream_body(request: Request, *, limit: int, seconds: float = BODY_TIMEOUT_SECONDS) -> AsyncIterator[bytes]:
    """Yield a large body in chunks, so that it is never whole in memory.

    Raise Invalid if it is larger than `limit`, ProblemError (body-too-slow) if nothing arrives for `seconds`.
    """
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
            raise body_too_slow(seconds) from None
        size += len(chunk)
        if size > limit:
            raise _body_too_large(limit)
        yield chunk


def require_csv(request: Request) -> None:
    """Raise Invalid if the media type of a body is not CSV."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"text/csv", "application/csv"}:
        raise wrong_media_type(request.headers.get("content-type", ""), "text/csv")


def body_too_slow(seconds: float) -> ProblemError:
    """Return the problem of a body that did not arrive in time."""
    detail = (
        f"The body did not arrive within {seconds:.0f} s. Send the request again, with its "
        "Idempotency-Key if it has one."
    )
    return ProblemError("body-too-slow", detail)


def wrong_media_type(given: str, expected: str) -> Invalid:
    """Return the problem of a body that has another media type or charset than a route reads."""
    found = f"is {given[:60]}" if given else "is missing"
    return Invalid("unsupported-media-type", f"The header Content-Type {found}. Send {expected}.")


def _body_too_large(limit: int) -> Invalid:
    return Invalid(
        "body-too-large", f"The body has more than {limit} bytes, the limit of this route. Send less at a time."
    )


def require_json(request: Request) -> None:
    """Raise Invalid if the media type of a body is not JSON in UTF-8."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise wrong_media_type(request.headers.get("content-type", ""), "application/json in UTF-8")


async def parse_batch(body: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    """Return the parsed batch of another service. A large one is parsed in a thread, so that other requests go on."""
    return parse(body) if len(body) <= INLINE_BODY_BYTES else await asyncio.to_thread(parse, body)


async def read_json_body(request: Request, model: type[Model], *, limit: int = MAX_BODY_BYTES) -> Model:
    """Read, parse and check a JSON body of at most `limit` bytes: see `parse_json_body`."""
    return parse_json_body(request, await read_body(request, limit=limit), model)


def parse_json_body(request: Request, body: bytes, model: type[Model], *, optional: bool = False) -> Model:
    """Parse and check the body of a request. Raise Invalid (400, 415, 422).

    A request without a body counts as `{}`, so its faults name the required fields. With `optional` this also holds
    for an empty body with a media type.
    """
    if not body.strip() and (optional or "content-type" not in request.headers):
        return validate(model, {})
    require_json(request)
    return validate(model, parse_json(body))


def render_page(page: RenderedPage) -> Response:
    """Return a page of a list as a JSON response."""
    return Response(page.body, media_type="application/json")


def render_view(view: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a view as a JSON response, rendered by the model that OpenAPI describes."""
    return Response(view.model_dump_json(), status, headers, "application/json")
