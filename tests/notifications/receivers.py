"""Receivers of webhooks: web servers that keep what they hear and answer as a test says."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Heard:
    """One POST as a receiver saw it."""

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


Behave = Callable[[Heard], Awaitable[web.StreamResponse | None]]


@dataclass
class Receiver:
    """A partner's web server: it keeps what it heard and answers 200, or as `behave` says."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    behave: Behave | None = None

    async def hear(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = Heard(request.path, headers, await request.read(), request)
        self.heard.append(heard)
        answer = await self.behave(heard) if self.behave else None
        return answer or web.Response(text="thank you")

    def subject(self, subject: str) -> list[Heard]:
        name = subject.partition(":")[2]
        return [one for one in self.heard if one.message["data"].get("declaration_id") == name]
