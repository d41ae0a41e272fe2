"""Problem documents (RFC 9457). Their status is that of the problem's code, else that of its kind."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from shared.contracts.problems.catalogue import PROBLEM_CODES, STATUS_TITLES
from shared.database import is_out_of_space, is_unavailable
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.problems import (
    NOTHING_HERE,
    Conflict,
    Fault,
    Invalid,
    NotAllowed,
    NotFound,
    ProblemError,
    TooManyRequests,
    Unavailable,
    out_of_space,
)
from shared.request_context import current_public_url, record_code
from shared.strict_json import json_pointer
from shared.validation_faults import validation_code, validation_message

STATUS_BY_KIND: dict[type[ProblemError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooManyRequests: 429,
    Unavailable: 503,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROBLEM_MEDIA_TYPE = "application/problem+json"
MAX_ERRORS_BYTES = Limit(
    262_144,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="The list `errors` of a problem document",
    beyond="The later places are left out.",
)
MAX_DETAIL = Limit(
    4_096,
    "characters",
    subject=LimitSubject.REQUESTS,
    meaning="The field `detail` of a problem document, and of each place in `errors`",
    beyond="The text is cut, and ends in an ellipsis.",
)
EXAMPLE_REQUEST_ID = "3f1c2b7a9d0e4f65"
PROBLEMS_PATH = "/problems"
"""The path below which the gateway serves a page for each code."""


NO_TOKEN = "The header Authorization is missing or has another form. Send: Authorization: Bearer <access token>."  # noqa: S105


class Unauthenticated(ProblemError):
    """The request carries no valid credential."""

    def __init__(self, detail: str = NO_TOKEN) -> None:
        super().__init__("unauthenticated", detail)


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str = "",
    faults: tuple[Fault, ...] = (),
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Render a problem document (RFC 9457), and record its code for the request's log line."""
    record_code(code)
    content = _problem_document(status, code, detail, request_id=request_id, faults=faults) | extra
    return JSONResponse(content, status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=headers)


def problem_type(code: str, public_url: str) -> str:
    """Return the URI of the page that explains a code. Without a public URL it is a path (RFC 9457, section 3.1.1)."""
    return f"{public_url}{PROBLEMS_PATH}/{code}"


def complete_problem_type(document: dict[str, Any]) -> dict[str, Any]:
    """Return a problem document of another service with the address of its page, where its `type` is the path only."""
    found = document.get("type")
    if isinstance(found, str) and found.startswith(f"{PROBLEMS_PATH}/"):
        return document | {"type": f"{current_public_url()}{found}"}
    return document


def status_and_document(error: ProblemError, *, request_id: str = "") -> tuple[int, dict[str, Any]]:
    """Return the status of a problem and its document, for a response that contains many."""
    status = problem_status(error)
    document = _problem_document(status, error.code, error.detail, request_id=request_id, faults=error.faults)
    return status, document | error.extra


def problem_example(code: str, public_url: str) -> dict[str, Any]:
    """Return the example document of a code, as a hub with this public URL writes it."""
    entry = PROBLEM_CODES[code]
    faults = tuple(Fault(one.pointer, one.code or code, one.detail or entry.example) for one in entry.example_faults)
    document = _problem_document(entry.status, code, entry.example, request_id=EXAMPLE_REQUEST_ID, faults=faults)
    return document | {"type": problem_type(code, public_url)}


def problem_status(error: ProblemError) -> int:
    """Return the status of a problem: that of its code, else that of its kind."""
    known = PROBLEM_CODES.get(error.code)
    return known.status if known else next((STATUS_BY_KIND[k] for k in STATUS_BY_KIND if isinstance(error, k)), 400)


def _problem_document(
    status: int, code: str, detail: str, *, request_id: str, faults: tuple[Fault, ...]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": problem_type(code, current_public_url()),
        "title": STATUS_TITLES[status],
        "status": status,
        "detail": _cut(detail),
        "code": code,
        "request_id": request_id,
    }
    if faults:
        document["errors"] = list(_errors(faults))
    return document


def _errors(faults: Iterable[Fault]) -> Iterator[dict[str, str]]:
    """Yield the places of a problem, as many as MAX_ERRORS_BYTES allow."""
    size = 0
    for fault in faults:
        error = {"pointer": fault.pointer, "code": fault.code, "detail": _cut(fault.detail)}
        size += len(json.dumps(error, ensure_ascii=False).encode(errors="replace"))
        if size > MAX_ERRORS_BYTES:
            return
        yield error


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DETAIL else f"{text[: MAX_DETAIL - 1]}…"


def add_problem_handlers(app: FastAPI) -> None:
    """Add the handlers with which an app renders every problem as a problem document."""
    app.add_exception_handler(ProblemError, _handle_problem_error)
    app.add_exception_handler(RequestValidationError, _handle_invalid_parameter)
    app.add_exception_handler(HTTPException, _handle_http_exception)


def request_id(request: Request) -> str:
    """Return the request's id, which the middleware assigned."""
    return str(request.scope.get("request_id", ""))


async def _handle_problem_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    status = problem_status(error)
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable | TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if error.code == "body-too-slow":
        headers["Connection"] = "close"
    if status == 401:
        headers["WWW-Authenticate"] = _www_authenticate(request)
    return problem_response(
        status,
        error.code,
        error.detail,
        request_id=request_id(request),
        faults=error.faults,
        headers=headers,
        **error.extra,
    )


def _www_authenticate(request: Request) -> str:
    """Return `WWW-Authenticate`: the scheme that is required, and whether the token was invalid (RFC 6750, 3)."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    invalid = kind.lower() == "bearer" and token.strip()
    return 'Bearer realm="saola"' + (', error="invalid_token"' if invalid else "")


async def _handle_invalid_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(fault["loc"][0] == "path" for fault in found):
        return problem_response(404, "not-found", NOTHING_HERE, request_id=request_id(request))
    faults = tuple(
        Fault(json_pointer(tuple(fault["loc"])), validation_code(fault), validation_message(fault)) for fault in found
    )
    detail = "A query parameter breaks its rule. `errors` names each place. Correct it and send the request again."
    return problem_response(400, "invalid-parameter", detail, request_id=request_id(request), faults=faults)


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {404: NOTHING_HERE}.get(error.status_code, str(error.detail))
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request))
        detail = f"{request.method} is not possible at this address. Use one of: {headers['Allow']}."
    return problem_response(error.status_code, code, detail, request_id=request_id(request), headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes at the request's path (RFC 9110, 10.2.1), not only those of the first route."""
    routes = request.app.router.routes
    found = [m for m in METHODS if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)]
    return ["GET", "HEAD", *found[1:]] if found[:1] == ["GET"] else found


UNEXPECTED = (
    "The hub failed in a way that it did not foresee, and does not confirm this request. Send the request id to the "
    "operator of the hub."
)


def unexpected_error_response(error: Exception, *, route: str | None, request_id: str) -> Response:
    """Render an unexpected error: 503 if the database is away or a disk is full, else 500. The log has the details."""
    if is_out_of_space(error):
        logger().error("disk_space.unavailable", route=route, error=error)
        problem = out_of_space()
        headers = {"Retry-After": str(problem.retry_after)}
        return problem_response(503, problem.code, problem.detail, request_id=request_id, headers=headers)
    if isinstance(error, SQLAlchemyError | OSError | TimeoutError) and is_unavailable(error):
        logger().warning("database.unavailable", error=error)
        detail = (
            "The database is not available now. Repeat the request in a few seconds. With the same Idempotency-Key it "
            "counts once."
        )
        return problem_response(
            503, "database-unavailable", detail, request_id=request_id, headers={"Retry-After": "2"}
        )
    logger().error("request.failed", route=route, exc_info=error)
    detail = UNEXPECTED
    return problem_response(500, "internal-error", detail, request_id=request_id)
