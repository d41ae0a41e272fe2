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
from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.lodgement.batcher import Receipt
from services.gateway.api.auth.authentication import admit, caller_of, know_parameters
from services.gateway.api.declarations.lodge import write_receipt
from services.gateway.api.openapi.document import GUARDED, header, problems
from services.gateway.api.protocol.headers import idempotency_key
from services.gateway.api.protocol.ndjson import Answers, Line, batches
from services.gateway.api.proxy.proxy import COMMANDS
from shared.contracts.parties import Caller
from shared.logs import logger
from shared.problem_responses import told
from shared.problems import Invalid, Refusal, Unavailable
from shared.web import must_be_plain

NDJSON = "application/x-ndjson"
READ = frozenset({NDJSON, "application/ndjson", "application/jsonl"})
MOST_AT_ONCE = 500
UNDER_WAY = 2
"""Batches of one connection that are written while the next is read."""


@dataclass(frozen=True)
class Sent:
    """Who sends lines, and under which key."""

    desk: Desk
    known: Known
    caller: Caller
    key: str | None


Settle = Callable[[Sent, Sequence[Line]], Awaitable["Awaitable[list[bytes]]"]]
"""Reads the lines of a batch and begins to write them; what it answers is awaited for their answers, in order."""


async def declarations(sent: Sent, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Read declarations and begin to keep them."""
    begun = await bulk_lodgement.begin(sent.desk, sent.known, sent.key, _bodies(lines))

    async def answers() -> list[bytes]:
        name = sent.caller.request_id
        return [_answer(line.number, said, name) for line, said in zip(lines, await begun, strict=True)]

    return answers()


async def permits(sent: Sent, lines: Sequence[Line]) -> Awaitable[list[bytes]]:
    """Read permits and begin to have them issued."""
    begun = await bulk_issue.begin(sent.desk, sent.known, sent.caller, sent.key, _bodies(lines), space=COMMANDS)

    async def answers() -> list[bytes]:
        pairs, name = zip(lines, await begun, strict=True), sent.caller.request_id
        return [
            refused(line.number, said, name) if isinstance(said, Refusal) else _line(line.number, *said)
            for line, said in pairs
        ]

    return answers()


def _bodies(lines: Sequence[Line]) -> list[bytes | None]:
    return [None if line.overlong else line.body for line in lines]


def _answer(number: int, said: "Receipt | Refusal | Exception", request_id: str) -> bytes:
    """Write the answer of one line: the body of the 202 or the problem, with the line's number and its status."""
    if isinstance(said, Receipt):
        replayed = b',"replayed":true' if said.replayed else b""
        return b'{"line":%d,"status_code":202,' % number + write_receipt(said)[1:-1] + replayed + b"}\n"
    return refused(number, said, request_id)


def refused(number: int, error: Exception, request_id: str) -> bytes:
    """Write the problem of one line."""
    refusal = error if isinstance(error, Refusal) else Unavailable("database-unavailable", AGAIN)
    if refusal is not error:
        logger().error("bulk.line", line=number, error=repr(error)[:500])
    return _line(number, *told(refusal, request_id=request_id))


def _line(number: int, status: int, said: dict[str, Any]) -> bytes:
    return json.dumps({"line": number, "status_code": status, **said}, ensure_ascii=False).encode() + b"\n"


AGAIN = "This line could not be written now. Send it again; under the same key it is kept once at most."


class Bulk:
    """One bulk route: what it settles lines by, and who may."""

    def __init__(self, operation: str, settle: Settle) -> None:
        self.operation = operation
        self._settle = settle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 200 as soon as it is known who sends what; then a line for each line."""
        request = Request(scope)
        desk: Desk = request.app.state.desk
        known = await admit(desk, request.headers.get("authorization", ""), self.operation)
        know_parameters(request, ())
        key = idempotency_key(request.headers.get("idempotency-key"))
        _demand_ndjson(request.headers.get("content-type", ""))
        must_be_plain(request.headers.get("content-encoding", ""))
        headers = [(b"content-type", NDJSON.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        answers = Answers(send)
        sender = asyncio.create_task(answers.run())
        try:
            await self._run(Sent(desk, known, caller_of(known, request), key), receive, answers, sender)
            answers.end()
            await sender
        finally:
            sender.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await sender

    async def _run(self, sent: Sent, receive: Receive, answers: Answers, sender: "asyncio.Task[None]") -> None:
        under_way: asyncio.Queue[asyncio.Future[list[bytes]] | None] = asyncio.Queue(UNDER_WAY - 1)
        teller = asyncio.create_task(_tell(under_way, answers))
        count = 0
        try:
            async for lines in batches(receive, most=MOST_AT_ONCE):
                await under_way.put(asyncio.ensure_future(await self._settle(sent, lines)))
                count += len(lines)
                if sender.done():
                    break
        except ClientDisconnect:
            logger().info("bulk.lost", lines=count)
        except Refusal as error:
            await under_way.put(asyncio.ensure_future(_one(refused(count + 1, error, sent.caller.request_id))))
        await under_way.put(None)
        await teller


async def _tell(under_way: "asyncio.Queue[asyncio.Future[list[bytes]] | None]", answers: Answers) -> None:
    """Put the answers of each batch as soon as they and all before them are there."""
    while (batch := await under_way.get()) is not None:
        answers.put(b"".join(await batch))


async def _one(line: bytes) -> list[bytes]:
    return [line]


def _demand_ndjson(given: str) -> None:
    kind, _, rest = given.partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() not in READ or charset not in {"", "utf-8"}:
        raise Invalid("unsupported-media-type", f"Send Content-Type: {NDJSON}, one JSON document a line, in UTF-8.")


async def _described() -> Response:
    """Answered by `Bulk`."""
    raise AssertionError("answered by Bulk")


HOW = """

One JSON document a line, itself or with a key of its own: `{"idempotency_key": "…", "%s": {…}}`. Without one, a line is
named by this request's Idempotency-Key and %s, so sending the same lines again, all or the rest, doubles nothing.
Each line is answered by one line, in order, as they become durable: `line` (its number), `status_code`, and the body
that `POST %s` would answer to it alone, or its problem; `replayed` when it had been taken in before."""


def add_bulk_routes(app: FastAPI) -> None:
    """Serve both; FastAPI describes them, but what is streamed does not pass through its own handling."""
    says = ("declaration", "its reference", "/v1/declarations")
    _add(app, "/v1/declarations/bulk", Bulk("lodge_declarations", declarations), "Lodge many declarations", says)
    says = ("permit", "all it states", "/v1/permits")
    _add(app, "/v1/permits/bulk", Bulk("add_permits", permits), "Issue or register many permits", says)


def _add(app: FastAPI, path: str, bulk: Bulk, summary: str, says: tuple[str, str, str]) -> None:
    lines = {NDJSON: {"schema": {"type": "string"}}}
    good: dict[int | str, dict[str, Any]] = {200: {"description": "An answer a line, in order", "content": lines}}
    key = header("Idempotency-Key", "Names the lines that have no key of their own, the same when they are sent again")
    codes = (*GUARDED, "idempotency-key-invalid", "unsupported-media-type")
    route = APIRoute(
        path,
        _described,
        methods=["POST"],
        operation_id=bulk.operation,
        tags=[path.split("/")[2]],
        summary=summary,
        description=f"{summary}, line by line, each for itself.{HOW % says}",
        response_class=Response,
        responses=good | problems(*codes),
        openapi_extra={"parameters": [key], "requestBody": {"required": True, "content": lines}},
    )
    route.app = bulk
    app.router.routes.insert(0, route)
