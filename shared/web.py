"""What every service's HTTP side has in common: problem documents, request ids, limits, callers, health."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.people import Caller, Party
from shared.database import is_away, now
from shared.identity import BadToken, InsideReader
from shared.logs import logger
from shared.problems import Conflict, Fault, Invalid, NotAllowed, NotFound, Refusal, Unavailable
from shared.strict import parse_json, pointer, validate

Model = TypeVar("Model", bound=BaseModel)
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
BODY_LIMIT = 1_048_576
BODY_SECONDS = 15.0

STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    Unavailable: 503,
}
STATUS_OF_CODE = {
    "malformed-json": 400,
    "invalid-parameter": 400,
    "idempotency-key-missing": 400,
    "idempotency-key-invalid": 400,
    "prefer-invalid": 400,
    "unauthenticated": 401,
    "version-stale": 412,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "version-missing": 428,
    "too-many-requests": 429,
    "body-too-slow": 408,
}
"""Codes whose status is not their kind's."""
TITLES = {
    400: "Bad request",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not as it must be",
    428: "Precondition required",
    429: "Too many requests",
    500: "Our fault",
    503: "Not available now",
}
PROBLEM = "application/problem+json"


class Unauthenticated(Refusal):
    """Nobody we know stands behind the request."""

    def __init__(self, detail: str = "Send a valid access token: Authorization: Bearer …") -> None:
        super().__init__("unauthenticated", detail)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str = "",
    faults: tuple[Fault, ...] = (),
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Render a problem document (RFC 9457)."""
    content: dict[str, Any] = {
        "type": f"urn:saola:problem:{code}",
        "title": TITLES.get(status, "Problem"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
        **extra,
    }
    if faults:
        content["errors"] = [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in faults]
    return JSONResponse(content, status_code=status, media_type=PROBLEM, headers=headers)


def make_app(
    *,
    title: str,
    version: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Callable[[FastAPI], Awaitable[str | None]],
    **more: Any,
) -> FastAPI:
    """Make a service's app; `ready` answers why it is not ready, or None."""
    app = FastAPI(title=title, version=version, lifespan=lifespan, **more)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Door)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Say that the process is alive."""
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        """Say whether the service can do its work: its database answers and is migrated."""
        reason = await ready(request.app)
        if reason is None:
            return JSONResponse({"status": "ready"})
        return problem(503, "not-ready", reason, request_id=request_id(request), headers={"Retry-After": "1"})

    return app


class Door:
    """The first thing a request meets: it gets an id, and its body a limit in size and time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its id in the scope and in the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = name
        structlog.contextvars.bind_contextvars(request_id=name)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name.encode())]
            await send(message)

        await self.app(scope, receive, answer)


def request_id(request: Request) -> str:
    """Answer the request's id, made at the door."""
    return str(request.scope.get("request_id", ""))


async def read_body(request: Request, *, limit: int = BODY_LIMIT) -> bytes:
    """Read a body of at most `limit` bytes, chunked or not, within 15 s; refuses what is larger or slower."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _gather(request.stream(), limit)
    except TimeoutError:
        raise Refusal("body-too-slow", f"The body did not arrive within {BODY_SECONDS:.0f} s.") from None


async def _gather(stream: AsyncIterator[bytes], limit: int) -> bytes:
    parts, size = [], 0
    async for part in stream:
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> Invalid:
    return Invalid("body-too-large", f"A body has at most {limit} bytes here. Send less at a time.")


def must_be_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON in UTF-8."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", "Send Content-Type: application/json in UTF-8.")


async def read_json(request: Request, model: type[Model], *, optional: bool = False) -> Model:
    """Read, parse and check a JSON body; with `optional` an empty body counts as `{}`."""
    body = await read_body(request)
    if optional and not body.strip():
        return validate(model, {})
    must_be_json(request)
    return validate(model, parse_json(body))


def caller(request: Request) -> Caller:
    """Answer who stands behind a call inside the hub; 401 without a valid inside token."""
    reader: InsideReader = request.app.state.inside
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("This service is called from inside the hub only, with an inside token.")
    try:
        found = reader.caller(token.strip(), at=now())
    except BadToken as error:
        logger().warning("token.refused", reason=str(error))
        raise Unauthenticated("The inside token is not valid here.") from None
    return found.model_copy(update={"request_id": request_id(request)})


def calling_party(found: Annotated[Caller, Depends(caller)]) -> Party:
    """Answer the party behind a call; a service alone is not one."""
    if found.party is None:
        raise NotAllowed("party-required", "This is asked by a party, not by a service.")
    return found.party


def calling_service(found: Annotated[Caller, Depends(caller)]) -> str:
    """Answer the service that calls for itself; a party may never do this."""
    if found.party is not None:
        raise NotAllowed("service-required", "This is asked by a service of the hub, not by a party.")
    return found.service


AParty = Annotated[Party, Depends(calling_party)]
AService = Annotated[str, Depends(calling_service)]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status = STATUS_OF_CODE.get(error.code) or next((STATUS[k] for k in STATUS if isinstance(error, k)), 400)
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        status,
        error.code,
        error.detail,
        request_id=request_id(request),
        faults=error.faults,
        headers=headers,
        **error.extra,
    )


async def _bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(fault["loc"][0] == "path" for fault in found):
        return problem(404, "not-found", "There is no such thing here for you.", request_id=request_id(request))
    places = tuple(
        Fault(pointer(tuple(fault["loc"])), str(fault["type"]).replace("_", "-"), str(fault["msg"])) for fault in found
    )
    detail = "A parameter is not as the contract says; `errors` names each."
    return problem(400, "invalid-parameter", detail, request_id=request_id(request), faults=places)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {404: "There is no such thing here for you.", 405: "This is not done here by this method."}
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    return problem(
        error.status_code,
        code,
        detail.get(error.status_code, str(error.detail)),
        request_id=request_id(request),
        headers=dict(error.headers or {}),
    )


async def _broken(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError | OSError | TimeoutError) and is_away(error):
        logger().warning("database.away", error=repr(error)[:300])
        detail = "The database cannot answer now. Nothing was half-written; ask again in a few seconds."
        return problem(
            503, "database-unavailable", detail, request_id=request_id(request), headers={"Retry-After": "2"}
        )
    logger().error("request.broke", path=request.url.path, exc_info=error)
    detail = "Something broke on our side. Nothing was half-written. Quote the request id to the operator."
    return problem(500, "internal-error", detail, request_id=request_id(request))
