"""In which format an answer about a declaration is given: JSON, or a WCO Response when `Accept` asks for XML."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.formats import wco_response
from shared.database import now
from shared.problem_responses import PROBLEM

XML = frozenset({"application/xml", "text/xml"})
FROM = (b"application/json", PROBLEM.encode())
ABOUT = "/v1/declarations"


def asks_for_xml(accept: str) -> bool:
    """Say whether `Accept` prefers XML to JSON (RFC 9110, 12.5.1); a browser, which asks for HTML too, does not."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weights[kind] = _weight(parameters)
    xml = max((weights.get(kind, 0.0) for kind in XML), default=0.0)
    return xml > 0 and "text/html" not in weights and xml > weights.get("application/json", 0.0)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class Spoken:
    """Writes the answers about declarations anew, for those who ask for XML; all others pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; listen to its answer only when it may have to be written anew."""
        accept = b""
        if scope["type"] == "http" and scope["path"].startswith(ABOUT):
            accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        if b"xml" in accept and asks_for_xml(accept.decode("latin-1")):
            await self.app(scope, receive, Rewriting(send))
        else:
            await self.app(scope, receive, send)


class Rewriting:
    """A `send` that holds a JSON answer back until it is whole, and sends a Response in its place."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start" and _kind(message) in FROM and not _as_sent(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._whole(self._start)

    async def _whole(self, start: Message) -> None:
        said: Any = json.loads(self._body) if self._body else {}
        if isinstance(said, dict) and "data" not in said:
            body = wco_response.write(said, status=start["status"], at=now())
            start = {**start, "headers": _headers(start, body)}
        else:
            body = self._body
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _kind(start: Message) -> bytes:
    found = next((value for name, value in start.get("headers", ()) if name.lower() == b"content-type"), b"")
    return bytes(found).partition(b";")[0].strip()


def _as_sent(start: Message) -> bool:
    """Say whether an answer is what was sent, to the byte: whatever `Accept` prefers, it is given back so."""
    return any(name.lower() == b"content-digest" for name, _ in start.get("headers", ()))


def _headers(start: Message, body: bytes) -> list[tuple[bytes, bytes]]:
    kept = [(n, v) for n, v in start["headers"] if n.lower() not in {b"content-type", b"content-length"}]
    length = b"%d" % len(body)
    return [*kept, (b"content-type", b"application/xml"), (b"content-length", length), (b"vary", b"Accept")]
