"""One connection to the gateway: its headers arrive whole, in time and size, or it ends; no HTTP is told so."""

import asyncio
import json
import logging
import sys
import time
from typing import Any
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.contracts.problems import PROBLEM_CODES, STATUS_TITLES
from shared.logs import log_request
from shared.problem_responses import PROBLEM_MEDIA_TYPE

HEAD_LIMIT = 65_536
"""Bytes before a body that are read at all; the door refuses half of that already, with its request id."""
HEAD_SECONDS = 15.0
UVICORN_LOGGER = logging.getLogger("uvicorn.connection")
"""What uvicorn warns of about a connection, this module refuses and logs itself, with the id of the refusal."""
UVICORN_LOGGER.setLevel(logging.ERROR)


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits of its own, for uvicorn has none for what comes before a body."""

    _head_size = 0
    _last_data = b""
    _replayed_data: bytes | None = None
    _headers_complete = False
    _timer: asyncio.TimerHandle | None = None
    _head_began = 0.0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first headers."""
        super().connection_made(transport)
        self.logger = UVICORN_LOGGER
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and again what is left of it behind a wish for another protocol."""
        remaining: bytes | None = data
        while remaining is not None:
            self._last_data, self._replayed_data = remaining, None
            self._feed(remaining)
            remaining = self._replayed_data

    def _feed(self, data: bytes) -> None:
        """Read on; what is still not whole after 64 kB of headers never will be."""
        self._head_size += len(data)
        if not self._headers_complete and self._timer is None:
            self._start_timer()
        super().data_received(data)
        if (
            not self._headers_complete
            and self._replayed_data is None
            and self._head_size > HEAD_LIMIT
            and not self.transport.is_closing()
        ):
            self._refuse("headers-too-large", 431)

    def on_headers_complete(self) -> None:
        """Stop the clock: a body has a clock of its own."""
        self._headers_complete = True
        self._stop_timer()
        super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        """Take over what asks for another protocol: the parser would drop its body. CONNECT is no request of ours."""
        return bool(self.parser.get_method() != b"CONNECT")

    def handle_websocket_upgrade(self) -> None:
        """Read the request again without its wish for another protocol, which a server may ignore (RFC 9110, 7.8).

        Java's client and `curl --http2` ask for HTTP/2 (h2c) with each request to an address without TLS.
        """
        upgrade = sys.exception()
        rest = self._last_data[upgrade.args[0] :] if upgrade is not None else b""
        start = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = [b"%s: %s" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self._replayed_data = b"\r\n".join([start, *lines, b"", rest])

    def on_message_complete(self) -> None:
        """Be ready for the next request of this connection."""
        super().on_message_complete()
        self._headers_complete, self._head_size = False, 0

    def send_400_response(self, msg: str) -> None:
        """Say that this was no HTTP, as a problem document."""
        self._refuse("http-error", 400)

    def _start_timer(self) -> None:
        self._head_began = time.perf_counter()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timeout(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._start_timer()  # an earlier request of this connection is still being answered
        elif not self.transport.is_closing():
            self._refuse("body-too-slow", 408)

    def _refuse(self, code: str, status: int) -> None:
        sentence = PROBLEM_CODES[code].sentence
        problem = {
            "type": f"urn:saola:problem:{code}",
            "title": STATUS_TITLES[status],
            "status": status,
            "detail": sentence,
        }
        request_id = uuid4().hex
        content = json.dumps(problem | {"code": code, "request_id": request_id}).encode()
        head = (
            f"HTTP/1.1 {status} {STATUS_TITLES[status]}\r\n"
            f"content-type: {PROBLEM_MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\n"
        )
        self.transport.write(f"{head}x-request-id: {request_id}\r\nconnection: close\r\n\r\n".encode() + content)
        self.transport.close()
        self._log(status, code, request_id)

    def _log(self, status: int, code: str, request_id: str) -> None:
        """Leave the line of a request that no middleware met: its method, route and caller are not known."""
        milliseconds = round((time.perf_counter() - self._head_began) * 1000, 2)
        log_request(
            logging.INFO, {"status": status, "milliseconds": milliseconds, "request_id": request_id, "code": code}
        )
