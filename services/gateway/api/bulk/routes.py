"""Bulk: declarations and permits line by line, each answered in order once it is durable; a bad line harms no other.

The lines of one connection are read while those before them are written. Each is named by a key of its own, so a
connection that was lost is taken up again by sending the same lines, all or the rest: nothing is doubled.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.actions import bulk_issue, bulk_lodgement
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.lodgement.batcher import LodgedDeclaration
from services.gateway.api.auth.authentication import authenticate, make_caller, require_known_parameters
from services.gateway.api.declarations.lodge import render_lodged
from services.gateway.api.descriptions.operations import COMMON_PROBLEMS, header_parameter, problem_responses
from services.gateway.api.protocol.commands import COMMAND_NAMESPACE
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.ndjson import Line, ResponseStream, read_batches
from shared.contracts.parties import Caller
from shared.logs import logger
from shared.problem_responses import status_and_document
from shared.problems import Invalid, ProblemError, Unavailable
from shared.web import require_no_encoding

NDJSON = "application/x-ndjson"
ACCEPTED_MEDIA_TYPES = frozenset({NDJSON, "application/ndjson", "application/jsonl"})
MAX_BATCH = 500
MAX_CONCURRENT_BATCHES = 2
"""Batches of one connection that are written while the next is read."""


@dataclass(frozen=True)
class BulkRequest:
    """Who sends lines, and under which key."""

    context: GatewayContext
    principal: Principal
    caller: Caller
    key: str | None


HandleBatch = Callable[[BulkRequest, Sequence[Line]], Awaitable["Awaitable[list[bytes]]"]]
"""Reads the lines of a batch and begins to write them; what it answers is awaited for their answers, in order."""


async def lodge_batch(bulk_request: BulkRequest, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Read declarations and begin to keep them."""
    results = await bulk_lodgement.start(bulk_request.context, bulk_request.principal, bulk_request.key, _bodies(lines))

    async def render_lines() -> list[bytes]:
        request_id = bulk_request.caller.request_id
        return [
            _render_lodged_line(line.number, result, request_id)
            for line, result in zip(lines, await results, strict=True)
        ]

    return render_lines()


async def issue_batch(bulk_request: BulkRequest, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Read permits and begin to have them issued."""
    results = await bulk_issue.start(
        bulk_request.context,
        bulk_request.principal,
        bulk_request.caller,
        bulk_request.key,
        _bodies(lines),
        namespace=COMMAND_NAMESPACE,
    )

    async def render_lines() -> list[bytes]:
        pairs, request_id = zip(lines, await results, strict=True), bulk_request.caller.request_id
        return [
            render_error_line(line.number, result, request_id)
            if isinstance(result, ProblemError)
            else _render_line(line.number, *result)
            for line, result in pairs
        ]

    return render_lines()


def _bodies(lines: Sequence[Line]) -> list[bytes | None]:
    return [None if line.overlong else line.body for line in lines]


def _render_lodged_line(number: int, result: "LodgedDeclaration | ProblemError | Exception", request_id: str) -> bytes:
    """Write the answer of one line: the body of the 202 or the problem, with the line's number and its status."""
    if isinstance(result, LodgedDeclaration):
        replayed = b',"replayed":true' if result.replayed else b""
        return b'{"line":%d,"status_code":202,' % number + render_lodged(result)[1:-1] + replayed + b"}\n"
    return render_error_line(number, result, request_id)


def render_error_line(number: int, error: Exception, request_id: str) -> bytes:
    """Write the problem of one line."""
    problem = error if isinstance(error, ProblemError) else Unavailable("database-unavailable", RETRY_LINE)
    if problem is not error:
        logger().error("bulk_line.failed", line=number, error=error)
    return _render_line(number, *status_and_document(problem, request_id=request_id))


def _render_line(number: int, status: int, content: dict[str, Any]) -> bytes:
    return json.dumps({"line": number, "status_code": status, **content}, ensure_ascii=False).encode() + b"\n"


RETRY_LINE = "This line could not be written now. Send it again; under the same key it is kept once at most."


class BulkRoute:
    """One bulk route: what it settles lines by, and who may."""

    def __init__(self, operation: str, handle_batch: HandleBatch) -> None:
        self.operation = operation
        self._handle_batch = handle_batch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 200 as soon as it is known who sends what; then a line for each line."""
        request = Request(scope)
        context: GatewayContext = request.app.state.context
        principal = await authenticate(context, request.headers.get("authorization", ""), self.operation)
        require_known_parameters(request, ())
        key = parse_idempotency_key(request.headers.get("idempotency-key"))
        _require_ndjson(request.headers.get("content-type", ""))
        require_no_encoding(request.headers.get("content-encoding", ""))
        headers = [(b"content-type", NDJSON.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        response = ResponseStream(send)
        sender = asyncio.create_task(response.run())
        try:
            await self._run(
                BulkRequest(context, principal, make_caller(principal, request), key), receive, response, sender
            )
            response.finish()
            await sender
        finally:
            sender.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await sender

    async def _run(
        self, bulk_request: BulkRequest, receive: Receive, response: ResponseStream, sender: "asyncio.Task[None]"
    ) -> None:
        pending: asyncio.Queue[asyncio.Future[list[bytes]] | None] = asyncio.Queue(MAX_CONCURRENT_BATCHES - 1)
        result_sender = asyncio.create_task(_send_results(pending, response))
        count = 0
        try:
            async for lines in read_batches(receive, max_lines=MAX_BATCH):
                await pending.put(asyncio.ensure_future(await self._handle_batch(bulk_request, lines)))
                count += len(lines)
                if sender.done():
                    break
        except ClientDisconnect:
            logger().info("bulk.client_disconnected", lines=count)
        except ProblemError as error:
            await pending.put(
                asyncio.ensure_future(_single(render_error_line(count + 1, error, bulk_request.caller.request_id)))
            )
        await pending.put(None)
        await result_sender


async def _send_results(pending: "asyncio.Queue[asyncio.Future[list[bytes]] | None]", response: ResponseStream) -> None:
    """Put the answers of each batch as soon as they and all before them are there."""
    while (batch := await pending.get()) is not None:
        response.write(b"".join(await batch))


async def _single(line: bytes) -> list[bytes]:
    return [line]


def _require_ndjson(given: str) -> None:
    media_type, _, rest = given.partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() not in ACCEPTED_MEDIA_TYPES or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", f"Send Content-Type: {NDJSON}, one JSON document a line, in UTF-8.")


async def _documented() -> Response:
    """Answered by `BulkRoute`."""
    raise AssertionError("answered by BulkRoute")


DESCRIPTION = """

One JSON document a line, itself or with a key of its own: `{"idempotency_key": "…", "%s": {…}}`. Without one, a line is
named by this request's Idempotency-Key and %s, so sending the same lines again, all or the rest, doubles nothing.
Each line is answered by one line, in order, as they become durable: `line` (its number), `status_code`, and the body
that `POST %s` would answer to it alone, or its problem; `replayed` when it had been taken in before."""


def add_bulk_routes(app: FastAPI) -> None:
    """Serve both; FastAPI describes them, but what is streamed does not pass through its own handling."""
    texts = ("declaration", "its reference", "/v1/declarations")
    _add_bulk_route(
        app, "/v1/declarations/bulk", BulkRoute("lodge_declarations", lodge_batch), "Lodge many declarations", texts
    )
    texts = ("permit", "all it states", "/v1/permits")
    _add_bulk_route(
        app, "/v1/permits/bulk", BulkRoute("add_permits", issue_batch), "Issue or register many permits", texts
    )


def _add_bulk_route(app: FastAPI, path: str, bulk: BulkRoute, summary: str, texts: tuple[str, str, str]) -> None:
    lines = {NDJSON: {"schema": {"type": "string"}}}
    good: dict[int | str, dict[str, Any]] = {200: {"description": "An answer a line, in order", "content": lines}}
    key = header_parameter(
        "Idempotency-Key", "Names the lines that have no key of their own, the same when they are sent again"
    )
    codes = (*COMMON_PROBLEMS, "idempotency-key-invalid", "unsupported-media-type")
    route = APIRoute(
        path,
        _documented,
        methods=["POST"],
        operation_id=bulk.operation,
        tags=[path.split("/")[2]],
        summary=summary,
        description=f"{summary}, line by line, each for itself.{DESCRIPTION % texts}",
        response_class=Response,
        responses=good | problem_responses(*codes),
        openapi_extra={"parameters": [key], "requestBody": {"required": True, "content": lines}},
    )
    route.app = bulk
    app.router.routes.insert(0, route)
