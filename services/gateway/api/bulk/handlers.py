"""Bulk routes: declarations or permits line by line, each with its result in order; a bad line fails no other.

The hub reads the next lines while it writes the previous ones. Each line has a key of its own. So after a lost
connection the client sends the same lines again, all or the rest, and nothing is doubled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from services.gateway.actions import bulk_issue, bulk_lodgement
from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.bulk_issue import IssueResult
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.lodgement.batcher import LodgedDeclaration
from services.gateway.actions.request_slots import RequestSlots
from services.gateway.api.auth.authentication import admit, make_caller
from services.gateway.api.bulk.models import ResultLine
from services.gateway.api.declarations.lodgement import render_lodged
from services.gateway.api.protocol.commands import COMMAND_NAMESPACE
from services.gateway.api.protocol.headers import parse_idempotency_key
from services.gateway.api.protocol.ndjson import Line, read_batches
from services.gateway.api.protocol.result_stream import ResultStream
from services.gateway.api.routing.route import NDJSON, Route
from shared.contracts.parties import Caller, Party
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.problem_responses import complete_problem_type, status_and_document
from shared.problems import ProblemError, TooManyRequests, Unavailable
from shared.web import require_no_encoding, wrong_media_type

ACCEPTED_MEDIA_TYPES = frozenset({NDJSON, "application/ndjson", "application/jsonl"})
MAX_BATCH = Limit(
    500,
    "lines",
    subject=LimitSubject.MEMORY,
    meaning="Lines of a bulk that the gateway stores at once",
    beyond="The next batch stores the rest.",
)
MAX_CONCURRENT_BATCHES = Limit(
    2,
    "batches",
    subject=LimitSubject.MEMORY,
    meaning="Batches of one bulk at once",
    beyond="The gateway stops reading.",
)
"""Batches of one connection that are written while the next one is read."""


@dataclass(frozen=True)
class BulkRequest:
    """The sender of the lines, and their key."""

    context: GatewayContext
    principal: Principal
    caller: Caller
    key: str | None


HandleBatch = Callable[[BulkRequest, Sequence[Line]], Awaitable["Awaitable[list[bytes]]"]]
"""Parses the lines of a batch and begins to write them. Its result is an awaitable of their result lines, in order."""


async def lodge_batch(bulk_request: BulkRequest, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Parse declarations and begin to store them."""
    results = await bulk_lodgement.start(
        bulk_request.context,
        bulk_request.principal,
        bulk_request.key,
        _bodies(lines),
        person=bulk_request.caller.person,
    )

    async def render_lines() -> list[bytes]:
        request_id = bulk_request.caller.request_id
        return [
            render_lodged_line(line.number, result, request_id)
            for line, result in zip(lines, await results, strict=True)
        ]

    return render_lines()


async def issue_batch(bulk_request: BulkRequest, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Parse permits and begin to issue them."""
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
            else _render_line(_make_line(line.number, result))
            for line, result in pairs
        ]

    return render_lines()


def _bodies(lines: Sequence[Line]) -> list[bytes | None]:
    return [None if line.overlong else line.body for line in lines]


def render_lodged_line(number: int, result: "LodgedDeclaration | ProblemError | Exception", request_id: str) -> bytes:
    """Render the result of one line: the body of the 202 or the problem, with the line's number and status.

    The line of a lodged declaration is formatted by hand, as the 202 is. A test compares it with `ResultLine`.
    """
    if isinstance(result, LodgedDeclaration):
        replayed = b',"replayed":true' if result.replayed else b""
        return b'{"line":%d,"status_code":202,' % number + render_lodged(result)[1:-1] + replayed + b"}\n"
    return render_error_line(number, result, request_id)


def render_error_line(number: int, error: Exception, request_id: str) -> bytes:
    """Render the problem of one line."""
    problem = error if isinstance(error, ProblemError) else Unavailable("database-unavailable", RETRY_LINE)
    if problem is not error:
        logger().error("bulk_line.failed", line=number, error=error)
    status, document = status_and_document(problem, request_id=request_id)
    return _render_line(ResultLine(line=number, status_code=status, **document))


def _make_line(number: int, result: IssueResult) -> ResultLine:
    body = complete_problem_type(result.body) if result.status >= 400 else result.body
    return ResultLine(line=number, status_code=result.status, replayed=result.replayed, **body)


def _render_line(line: ResultLine) -> bytes:
    return line.model_dump_json().encode() + b"\n"


RETRY_AFTER_SECONDS = 5
RETRY_LINE = (
    "The hub could not store this line now. Send the line again with the same key: the hub stores it at most once."
)


async def lodge_declarations(scope: Scope, receive: Receive, send: Send, route: Route) -> None:
    """Lodge one declaration per line."""
    await _answer_lines(scope, receive, send, route=route, handle_batch=lodge_batch)


async def create_permits(scope: Scope, receive: Receive, send: Send, route: Route) -> None:
    """Issue or register one permit per line."""
    await _answer_lines(scope, receive, send, route=route, handle_batch=issue_batch)


async def _answer_lines(scope: Scope, receive: Receive, send: Send, *, route: Route, handle_batch: HandleBatch) -> None:
    """Respond with 200 as soon as the sender is admitted, then with one result line per line."""
    request = Request(scope)
    context: GatewayContext = request.app.state.context
    principal = await admit(request, route)
    key = parse_idempotency_key(request.headers.get("idempotency-key"))
    _require_ndjson(request.headers.get("content-type", ""))
    require_no_encoding(request.headers.get("content-encoding", ""))
    bulk_request = BulkRequest(context, principal, make_caller(principal, request), key)
    _require_slot(context.bulks, principal.party)
    with context.bulks.taken(principal.party.id):
        await _exchange_lines(receive, send, bulk_request, handle_batch)


def _require_slot(slots: RequestSlots, party: Party) -> None:
    """Raise a problem if the party or this process has too many bulk requests under way."""
    if slots.is_full_for(party.id):
        raise TooManyRequests(
            "too-many-bulk-requests",
            f"Your party already has {slots.per_party} bulk requests under way. Send this one when one of them has "
            "ended.",
            RETRY_AFTER_SECONDS,
        )
    if slots.is_full():
        raise Unavailable(
            "overloaded",
            f"Too many bulk requests are under way. Send this one again in {RETRY_AFTER_SECONDS} s.",
            RETRY_AFTER_SECONDS,
        )


async def _exchange_lines(receive: Receive, send: Send, bulk_request: BulkRequest, handle_batch: HandleBatch) -> None:
    """Read lines and send their results at the same time."""
    headers = [(b"content-type", NDJSON.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    response = ResultStream(send, bulk_request.context.spool_space)
    sender = asyncio.create_task(response.run())
    try:
        await _handle_lines(receive, handle_batch, bulk_request, response=response, sender=sender)
        response.finish()
        await sender
    finally:
        sender.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await sender


async def _handle_lines(
    receive: Receive,
    handle_batch: HandleBatch,
    bulk_request: BulkRequest,
    *,
    response: ResultStream,
    sender: "asyncio.Task[None]",
) -> None:
    pending: asyncio.Queue[asyncio.Future[list[bytes]] | None] = asyncio.Queue(MAX_CONCURRENT_BATCHES - 1)
    result_sender = asyncio.create_task(_send_results(pending, response))
    count, party_id = 0, bulk_request.principal.party.id
    try:
        async for lines in read_batches(receive, max_lines=MAX_BATCH):
            remaining = lines
            while remaining:
                await response.wait_for_room()
                # Beyond the party's rate limit the hub reads more slowly. It refuses no line for that.
                number = await bulk_request.context.rate_limits.acquire_lines(party_id, len(remaining))
                part, remaining = remaining[:number], remaining[number:]
                await pending.put(asyncio.ensure_future(await handle_batch(bulk_request, part)))
                count += number
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


async def _send_results(pending: "asyncio.Queue[asyncio.Future[list[bytes]] | None]", response: ResultStream) -> None:
    """Write the results of each batch as soon as they and all earlier ones are ready."""
    while (batch := await pending.get()) is not None:
        response.write(b"".join(await batch))


async def _single(line: bytes) -> list[bytes]:
    return [line]


def _require_ndjson(given: str) -> None:
    media_type, _, rest = given.partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() not in ACCEPTED_MEDIA_TYPES or charset not in {"", "utf-8"}:
        raise wrong_media_type(given, f"{NDJSON} in UTF-8, with one JSON document per line")
