"""The format of a response about a declaration: JSON, or a WCO Response if `Accept` prefers XML."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.formats import wco_response
from shared.database import now
from shared.problem_responses import PROBLEM_MEDIA_TYPE

XML_MEDIA_TYPES = frozenset({"application/xml", "text/xml"})
CONVERTIBLE_MEDIA_TYPES = (b"application/json", PROBLEM_MEDIA_TYPE.encode())
DECLARATIONS_PATH = "/v1/declarations"


def prefers_json(accept: str) -> bool:
    """Return whether `Accept` prefers JSON to HTML (RFC 9110, 12.5.1). A client that accepts anything does not."""
    weights = _weights(accept)
    return weights.get("application/json", 0.0) > weights.get("text/html", 0.0)


def prefers_xml(accept: str) -> bool:
    """Return whether `Accept` prefers XML to JSON (RFC 9110, 12.5.1). A browser, which also accepts HTML, does not."""
    weights = _weights(accept)
    xml = max((weights.get(media_type, 0.0) for media_type in XML_MEDIA_TYPES), default=0.0)
    return xml > 0 and "text/html" not in weights and xml > weights.get("application/json", 0.0)


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weights[media_type] = _quality(parameters)
    return weights


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class XmlResponseMiddleware:
    """Converts responses about declarations to XML for clients that prefer it. Other responses pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request. Intercept its response only if it may need conversion."""
        accept = b""
        if scope["type"] == "http" and scope["path"].startswith(DECLARATIONS_PATH):
            accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        if b"xml" in accept and prefers_xml(accept.decode("latin-1")):
            await self.app(scope, receive, XmlResponseSender(send))
        else:
            await self.app(scope, receive, send)


class XmlResponseSender:
    """A `send` that collects a JSON response and sends a WCO Response in its place."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Handle one message of the response."""
        if (
            message["type"] == "http.response.start"
            and _media_type(message) in CONVERTIBLE_MEDIA_TYPES
            and not _is_submitted_content(message)
        ):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_converted(self._start)

    async def _send_converted(self, start: Message) -> None:
        content: Any = json.loads(self._body) if self._body else {}
        if isinstance(content, dict) and "data" not in content:
            body = wco_response.render(content, status=start["status"], at=now())
            start = {**start, "headers": _xml_headers(start, body)}
        else:
            body = self._body
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _media_type(start: Message) -> bytes:
    found = next((value for name, value in start.get("headers", ()) if name.lower() == b"content-type"), b"")
    return bytes(found).partition(b";")[0].strip()


def _is_submitted_content(start: Message) -> bool:
    """Return whether a response is the submitted content, which is never converted."""
    return any(name.lower() == b"content-digest" for name, _ in start.get("headers", ()))


def _xml_headers(start: Message, body: bytes) -> list[tuple[bytes, bytes]]:
    remaining = [(n, v) for n, v in start["headers"] if n.lower() not in {b"content-type", b"content-length"}]
    length = b"%d" % len(body)
    return [*remaining, (b"content-type", b"application/xml"), (b"content-length", length), (b"vary", b"Accept")]
