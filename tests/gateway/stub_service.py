"""A small real HTTP server in place of permits or notifications, which records its requests."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from shared.contracts.parties import Caller
from shared.database import now
from shared.key_files import KeyFile
from shared.signed_tokens import InternalTokenVerifier
from tests.waiting import wait_until

RECONCILIATION = ("/internal/declaration-ids", "/internal/amendment-ids", "/internal/party-versions")
"""The routes of a reconciliation, in addition to a read of the mandates. A stub stores nothing to compare."""
Responder = Callable[["ReceivedRequest"], Awaitable[web.StreamResponse | None]]


@dataclass
class ReceivedRequest:
    """One received request and its caller."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    caller: Caller
    raw: web.Request

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_reconciliation(self) -> bool:
        """Whether the request belongs to a reconciliation."""
        is_read_of_mandates = (self.method, self.path) == ("GET", "/internal/mandates")
        return is_read_of_mandates or self.path.startswith(RECONCILIATION)


@dataclass
class StubService:
    name: str
    keys: Path
    port: int
    requests: list[ReceivedRequest] = field(default_factory=list)
    respond: Responder | None = None
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests_to(self, path: str) -> list[ReceivedRequest]:
        return [received for received in self.requests if received.path == path]

    async def wait_for_requests(self, path: str, count: int = 1) -> list[ReceivedRequest]:
        await wait_until(lambda: len(self.requests_to(path)) >= count)
        return self.requests_to(path)

    async def open(self) -> None:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_route("*", "/{rest:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        reader = InternalTokenVerifier(self.name, {"gateway": KeyFile(self.keys)})
        token = request.headers["authorization"].removeprefix("Bearer ")
        caller = reader.verify(token, method=request.method, path=request.path, at=now())
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = list(request.query.items())
        received = ReceivedRequest(request.method, request.path, query, headers, await request.read(), caller, request)
        if not received.is_reconciliation:  # the reconciliation may come at any moment
            self.requests.append(received)
        found = await self.respond(received) if self.respond is not None else None
        return await default_response(received) if found is None else found


async def default_response(received: ReceivedRequest) -> web.StreamResponse:
    """Return the default response: accept all messages, find no declaration, one event in the feed."""
    if received.path == "/internal/declarations":
        return web.json_response(
            {"answers": [{"id": message["id"], "outcome": "taken"} for message in received.json["letters"]]}
        )
    if received.method == "POST" and received.path in {"/internal/parties", "/internal/mandates"}:
        return web.Response(status=204)
    if received.is_reconciliation:
        return problem_response(503, "service-unavailable")
    if received.path.startswith("/internal/declarations/") and received.path.endswith("/versions"):
        return web.json_response({"versions": []})
    if received.method == "GET" and received.path.startswith("/v1/declarations/"):
        return problem_response(404, "not-found")
    if received.path == "/v1/events":
        return web.json_response({"data": [{"type": "permit.used"}], "next_cursor": "c1"})
    return web.json_response({"you": "asked"})


def problem_response(status: int, code: str) -> web.Response:
    return web.json_response({"status": status, "code": code}, status=status, content_type="application/problem+json")


def drop_connection(received: ReceivedRequest) -> web.StreamResponse:
    """Close the connection without a response."""
    assert received.raw.transport is not None
    received.raw.transport.abort()
    return web.Response()
