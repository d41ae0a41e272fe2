"""Receivers of webhooks: web servers that record requests and respond as a test demands."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class WebhookRequest:
    """One POST that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes
    request: web.Request = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def sequence(self) -> int:
        return int(self.message["data"]["sequence"])


Responder = Callable[[WebhookRequest], Awaitable[web.StreamResponse | None]]


@dataclass
class Receiver:
    """A partner's web server: it records requests and responds 200, or as `respond` returns."""

    url: str
    requests: list[WebhookRequest] = field(default_factory=list)
    respond: Responder | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = WebhookRequest(request.path, headers, await request.read(), request)
        self.requests.append(received)
        response = await self.respond(received) if self.respond else None
        return response or web.Response(text="thank you")

    def requests_about(self, subject: str) -> list[WebhookRequest]:
        name = subject.partition(":")[2]
        return [one for one in self.requests if one.message["data"].get("declaration_id") == name]
