"""One connection to the gateway: its headers arrive whole, in time and size, or it ends; no HTTP is told so."""

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.contracts.problems import CODES
from shared.problem_responses import PROBLEM, TITLES

HEAD_LIMIT = 65_536
"""Bytes before a body that are read at all; the door refuses half of that already, with its request id."""
HEAD_SECONDS = 15.0


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits of its own, for uvicorn has none for what comes before a body."""

    _head = 0
    _last = b""
    _again: bytes | None = None
    _whole = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first headers."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and again what is left of it behind a wish for another protocol."""
        left: bytes | None = data
        while left is not None:
            self._last, self._again = left, None
            self._take(left)
            left = self._again

    def _take(self, data: bytes) -> None:
        """Read on; what is still not whole after 64 kB of headers never will be."""
        self._head += len(data)
        if not self._whole and self._timer is None:
            self._wait()
        super().data_received(data)
        if not self._whole and self._again is None and self._head > HEAD_LIMIT and not self.transport.is_closing():
            self._end("headers-too-large", 431)

    def on_headers_complete(self) -> None:
        """Stop the clock: a body has a clock of its own."""
        self._whole = True
        self._rest()
        super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        """Take over what asks for another protocol: the parser would drop its body. CONNECT is no request of ours."""
        return bool(self.parser.get_method() != b"CONNECT")

    def handle_websocket_upgrade(self) -> None:
        """Read the request again without its wish for another protocol, which a server may ignore (RFC 9110, 7.8).

        Java's client and `curl --http2` ask for HTTP/2 (h2c) with each request to an address without TLS.
        """
        asked = sys.exception()
        rest = self._last[asked.args[0] :] if asked is not None else b""
        start = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = [b"%s: %s" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self._again = b"\r\n".join([start, *lines, b"", rest])

    def on_message_complete(self) -> None:
        """Be ready for the next request of this connection."""
        super().on_message_complete()
        self._whole, self._head = False, 0

    def send_400_response(self, msg: str) -> None:
        """Say that this was no HTTP, as a problem document."""
        self._end("http-error", 400)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait()  # an earlier request of this connection is still being answered
        elif not self.transport.is_closing():
            self._end("body-too-slow", 408)

    def _end(self, code: str, status: int) -> None:
        sentence = CODES[code].sentence
        said = {"type": f"urn:saola:problem:{code}", "title": TITLES[status], "status": status, "detail": sentence}
        name = uuid4().hex
        content = json.dumps(said | {"code": code, "request_id": name}).encode()
        head = f"HTTP/1.1 {status} {TITLES[status]}\r\ncontent-type: {PROBLEM}\r\ncontent-length: {len(content)}\r\n"
        self.transport.write(f"{head}x-request-id: {name}\r\nconnection: close\r\n\r\n".encode() + content)
        self.transport.close()
