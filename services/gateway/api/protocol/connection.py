"""One connection to the gateway: limits of size and time for the headers, and a problem for bytes that are not HTTP."""

import asyncio
import json
import logging
import sys
import time
from typing import Any
from uuid import uuid4

from shared.contracts.problems.catalogue import PROBLEM_CODES, STATUS_TITLES
from shared.http_connection import NOSNIFF, HttpConnection
from shared.limits import Limit, LimitSubject
from shared.logs import log_request
from shared.problem_responses import PROBLEM_MEDIA_TYPE, problem_type

HEAD_LIMIT = Limit(
    65_536,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="The head of a request to the gateway: request line and headers",
    beyond="431, and the connection ends",
)
"""Bytes before a body that are read at all. The middleware refuses half of that already, with its request id."""
MAX_HEADERS = Limit(
    100,
    "headers",
    subject=LimitSubject.REQUESTS,
    meaning="Headers of a request",
    beyond="431, and the connection ends",
)
HEAD_SECONDS = Limit(
    15,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Time for the head of a request to arrive",
    beyond="408, and the connection ends",
)
UNREAD_SECONDS = Limit(
    60,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Time in which a client reads 16 kB of a response, or all of it",
    beyond="The connection is closed.",
)
UVICORN_LOGGER = logging.getLogger("uvicorn.connection")
"""uvicorn's logger of connections. This module refuses and logs such requests, with the id of the refusal."""
UVICORN_LOGGER.setLevel(logging.ERROR)


class Connection(HttpConnection):
    """uvicorn's connection with limits of its own, because uvicorn has no limit before a body."""

    unread_seconds = UNREAD_SECONDS
    head_bytes = HEAD_LIMIT
    max_headers = MAX_HEADERS
    _last_data = b""
    _replayed_data: bytes | None = None
    _timer: asyncio.TimerHandle | None = None
    _head_began = 0.0
    sending_ended = False
    """Whether the client has ended its sending side: it only reads, or has closed its socket. Both look the same."""

    def connection_made(self, transport: Any) -> None:
        """Start the timer of the first headers."""
        super().connection_made(transport)
        self.logger = UVICORN_LOGGER
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return True to keep the connection for its response, if a request has arrived whole (a half-closed socket).

        The client can send no other request, so the last response ends the connection.
        """
        if self.cycle is None or self.cycle.response_complete or self._open_cycle is not None:
            return False
        self.sending_ended = True
        self.cycle.keep_alive = False
        self.cycle.message_event.set()
        return True

    def data_received(self, data: bytes) -> None:
        """Read received bytes, and again the rest after a request to switch protocols."""
        remaining: bytes | None = data
        while remaining is not None:
            self._last_data, self._replayed_data = remaining, None
            self._feed(remaining)
            remaining = self._replayed_data

    def _feed(self, data: bytes) -> None:
        """Read on. Start the timer if the data begin a head."""
        if not self._headers_complete and self._timer is None:
            self._start_timer()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Stop the timer, because a body has a timer of its own. Handlers find this connection in the scope."""
        self._stop_timer()
        self.scope["state"]["connection"] = self
        super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        """Return whether to handle a protocol switch here: the parser would drop its body. CONNECT is refused."""
        return bool(self.parser.get_method() != b"CONNECT")

    def handle_websocket_upgrade(self) -> None:
        """Read the request again without its protocol switch, which a server may ignore (RFC 9110, 7.8).

        Java's client and `curl --http2` request HTTP/2 (h2c) with each request to a URL without TLS.
        """
        upgrade = sys.exception()
        rest = self._last_data[upgrade.args[0] :] if upgrade is not None else b""
        start = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = [b"%s: %s" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self._replayed_data = b"\r\n".join([start, *lines, b"", rest])

    def on_message_complete(self) -> None:
        """Prepare for the next request of this connection."""
        super().on_message_complete()
        self._headers_complete = False

    def send_400_response(self, msg: str) -> None:
        """Send the problem `http-error`: the bytes were not HTTP. A large head has a problem of its own."""
        if self._head_is_too_large:
            self.refuse_large_head()
        else:
            self._refuse("http-error", "The request is not valid HTTP. Check the address, and http or https in it.")

    def refuse_large_head(self) -> None:
        """Send the problem `headers-too-large`."""
        self._refuse(
            "headers-too-large",
            f"The head of the request has more than {HEAD_LIMIT} bytes or {MAX_HEADERS} headers, the limits of the "
            "hub. Send less.",
        )

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
            self._start_timer()  # the hub still works on an earlier request of this connection
        elif not self.transport.is_closing():
            self._refuse(
                "body-too-slow", f"The headers did not arrive within {HEAD_SECONDS:.0f} s. Send the request again."
            )

    def _refuse(self, code: str, detail: str) -> None:
        status = PROBLEM_CODES[code].status
        problem = {
            "type": problem_type(code, self.app_state.get("public_url", "")),
            "title": STATUS_TITLES[status],
            "status": status,
            "detail": detail,
        }
        request_id = uuid4().hex
        content = json.dumps(problem | {"code": code, "request_id": request_id}).encode()
        head = (
            f"HTTP/1.1 {status} {STATUS_TITLES[status]}\r\n"
            f"content-type: {PROBLEM_MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\n{NOSNIFF}: nosniff\r\n"
            "cache-control: no-store\r\n"
        )
        self.transport.write(f"{head}x-request-id: {request_id}\r\nconnection: close\r\n\r\n".encode() + content)
        self.transport.close()
        self._log(status, code, request_id)

    def _log(self, status: int, code: str, request_id: str) -> None:
        """Log a request that no middleware received: its method, route and caller are unknown."""
        milliseconds = round((time.perf_counter() - self._head_began) * 1000, 2)
        log_request(
            logging.INFO, {"status": status, "milliseconds": milliseconds, "request_id": request_id, "code": code}
        )
