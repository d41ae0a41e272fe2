"""A connection of a service's HTTP server: the head is bounded, and an unread body or response ends the connection.

uvicorn adds the trailers of a chunked body to the headers of its request, without a limit. It also keeps a connection
whose request it answered before the body arrived, and one whose client does not read or has vanished.
"""

import asyncio
import fcntl
import socket
import struct
import termios
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.limits import Limit, LimitSubject
from shared.logs import logger

NOSNIFF = "x-content-type-options"
"""The header whose value `nosniff` every response has: a browser never guesses another media type."""
TRAILER_LIMIT = Limit(
    8_192,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="Trailers of a chunked body (RFC 9110, 6.5); the hub drops them",
    beyond="The connection is closed.",
)
"""Bytes of trailers (RFC 9110, 6.5) that are read. A connection that sends more is closed."""
CHUNK_HEADER_LIMIT = Limit(
    8_192,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="Extensions of the chunks of one body (RFC 9112, 7.1.1); the hub ignores them",
    beyond="The connection is closed.",
)
"""Bytes of one request that are neither its head, nor its body, nor the plain frame of a chunk."""
CHUNK_FRAME_BYTES = 12
"""Bytes around the data of one chunk: its size in up to eight hexadecimal digits, and two ends of lines."""
INTERNAL_HEAD_LIMIT = Limit(
    131_072,
    "bytes",
    subject=LimitSubject.SERVICES,
    meaning="The head of a request from one service to another: request line and headers",
    beyond="431, and the connection ends",
)
INTERNAL_HEADERS = Limit(
    200,
    "headers",
    subject=LimitSubject.SERVICES,
    meaning="Headers of a request from one service to another",
    beyond="431, and the connection ends",
)
"""The gateway forwards those of the client and adds its own."""
HEADER_FRAME_BYTES = 4
"""Bytes of a header that are neither name nor value: colon, blank and end of line."""
DISCARD_LIMIT = Limit(
    32 * 1_048_576,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="Bytes that the hub discards after an early response (RFC 9112, 9.6)",
    beyond="The connection is closed.",
)
"""Bytes that are read and discarded after an early response, so that the client can read it (RFC 9112, 9.6).

Many clients read nothing until they have sent the whole file. It is twice the largest list.
"""
DISCARD_SECONDS = Limit(
    2,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Time for which the hub discards bytes after an early response",
    beyond="The connection is closed.",
)
UNREAD_SECONDS = Limit(
    600,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Time in which a service reads 16 kB of another one's response, or all of it",
    beyond="The connection is closed.",
)
"""It is longer than the limit of clients: a service passes a report on as slowly as a client reads it."""
MIN_READ_BYTES = 16_384
"""Bytes of a response that are read within the time limit."""
KEEP_ALIVE_PROBES = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""Seconds until the first probe of an idle connection, seconds between probes, and probes without a response."""


class HttpConnection(HttpToolsProtocol):
    """uvicorn's connection with bounds for all that follows the headers of a request."""

    unread_seconds: float = UNREAD_SECONDS
    """Seconds in which the other side reads MIN_READ_BYTES of a response, or acknowledges at all."""
    head_bytes: int = INTERNAL_HEAD_LIMIT
    max_headers: int = INTERNAL_HEADERS
    _headers_complete = False
    _read_head_size = 0
    _partial_head_size = 0
    _begun = 0
    _is_head_open = False
    _head_is_too_large = False
    _data_in_read = 0
    _chunk_header_size = 0
    _open_cycle: RequestResponseCycle | None = None
    _keep_alive = True
    _in_trailers = False
    _trailer_size = 0
    _partial_trailer_size = 0
    _discarded: int | None = None
    _discard_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _unread_size = 0

    def connection_made(self, transport: Any) -> None:
        """Set the options of the socket."""
        super().connection_made(transport)
        _notice_vanished_peer(transport.get_extra_info("socket"), self.unread_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers of a connection that ends."""
        if self._discard_timer is not None:
            self._discard_timer.cancel()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait until the client has read, but not longer than it may take."""
        super().pause_writing()
        self._start_unread_timer()

    def resume_writing(self) -> None:
        """Write on, because the client has read."""
        self._stop_unread_timer()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection. Its last response may still be unread."""
        super().timeout_keep_alive_handler()
        self._start_unread_timer()

    def data_received(self, data: bytes) -> None:
        """Parse data. End the connection if its head, chunk extensions, trailers or discarded bytes are too many."""
        if self._discarded is not None:
            self._discarded += len(data)
            if self._discarded > DISCARD_LIMIT:
                self.transport.close()
                return
        in_trailers, body, in_head = self._in_trailers, self._open_cycle, not self._headers_complete
        self._data_in_read, self._begun = 0, 0
        super().data_received(data)
        # The parser counts no header and no trailer before its end, so the reads that bring only a part are counted.
        # With a second request in one read, it is unknown which of its bytes belong to the last head.
        if in_head and self._is_head_open and self._begun <= 1:
            self._partial_head_size += len(data)
            if self._partial_head_size > self.head_bytes and not self.transport.is_closing():
                self.refuse_large_head()
        if body is not None and self._open_cycle is body:
            self._chunk_header_size += len(data) - self._data_in_read
            if self._chunk_header_size > CHUNK_HEADER_LIMIT:
                self.transport.close()
                return
        if in_trailers and self._in_trailers:
            self._partial_trailer_size += len(data)
            self._check_trailers()

    def on_message_begin(self) -> None:
        """Expect the headers of a request."""
        self._headers_complete = self._in_trailers = False
        self._trailer_size = self._partial_trailer_size = self._chunk_header_size = 0
        self._read_head_size = self._partial_head_size = 0
        self._begun += 1
        self._is_head_open = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Add a part of the address to the request. Count it."""
        super().on_url(url)
        self._count_head(len(url))

    def on_headers_complete(self) -> None:
        """Start the request. Until its body is complete, its response ends the connection."""
        self._headers_complete, self._is_head_open = True, False
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # a request for another protocol starts no cycle
            self._open_cycle = self.cycle
            self._keep_alive = self.cycle.keep_alive
            self.cycle.keep_alive = False
            self.cycle.transport = ResponseTransport(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header to the request. Drop and count a trailer."""
        if not self._headers_complete:
            super().on_header(name, value)
            self._count_head(len(name) + len(value) + HEADER_FRAME_BYTES)
            return
        self._trailer_size += len(name) + len(value)
        self._check_trailers()

    def on_chunk_header(self) -> None:
        """Expect trailers, until data of this chunk arrives."""
        self._in_trailers = True
        self._data_in_read += CHUNK_FRAME_BYTES

    def on_body(self, body: bytes) -> None:
        """Add a part of the body to the request."""
        self._in_trailers = False
        self._data_in_read += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Keep the connection for the next request, if no response has begun without the whole body."""
        cycle, self._open_cycle, self._in_trailers = self._open_cycle, None, False
        if self._discarded is not None:
            self.transport.close()
        elif cycle is not None and not cycle.response_started:
            cycle.keep_alive = self._keep_alive
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Send the response to bytes that are not HTTP, or to a head that is too large."""
        if self._head_is_too_large:
            self.refuse_large_head()
        else:
            super().send_400_response(msg)

    def refuse_large_head(self) -> None:
        """Send 431 (RFC 6585, section 5) and close the connection."""
        status = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
        self.transport.write(status + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def shutdown(self) -> None:
        """End the connection after the request under way."""
        self._keep_alive = False
        super().shutdown()

    def close_after_response(self) -> None:
        """Close the connection. If the body is not complete, first discard what the client still sends.

        An operating system that closes a socket with unread data resets the connection. The client could then lose
        the response.
        """
        if self._open_cycle is None or not self.transport.can_write_eof():
            self.transport.close()
            self._start_unread_timer()
        elif self._discarded is None:
            self._discarded = 0
            self.transport.write_eof()
            self.flow.resume_reading()
            self._discard_timer = self.loop.call_later(DISCARD_SECONDS, self.transport.close)

    def _start_unread_timer(self) -> None:
        """Check after a while whether the client reads, if something waits to be read."""
        if self._unread_timer is None and self.transport.get_write_buffer_size():
            self._unread_size = self._count_unread()
            self._unread_timer = self.loop.call_later(self.unread_seconds, self._on_unread_timer)

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _on_unread_timer(self) -> None:
        self._unread_timer = None
        unread = self._count_unread()
        if unread > self._unread_size - MIN_READ_BYTES:
            logger().info("response.timed_out", unread=unread, seconds=int(self.unread_seconds))
            self.transport.abort()
        else:
            self._start_unread_timer()

    def _count_unread(self) -> int:
        """Return the bytes that the client's machine has not acknowledged: ours, and the operating system's."""
        size = self.transport.get_write_buffer_size()
        try:
            queued = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, b"\0" * 4)
        except OSError:  # the socket is closed, or the system cannot tell
            return size
        return size + int(struct.unpack("i", queued)[0])

    def _count_head(self, size: int) -> None:
        """Count bytes of the head. Raise an error, which ends the parsing, if it has more than the limit."""
        self._read_head_size += size
        if self._read_head_size > self.head_bytes or len(self.headers) > self.max_headers:
            self._head_is_too_large = True
            raise ValueError("The head of the request is too large.")

    def _check_trailers(self) -> None:
        if max(self._trailer_size, self._partial_trailer_size) > TRAILER_LIMIT and not self.transport.is_closing():
            self.transport.close()


def _notice_vanished_peer(accepted: Any, seconds: float) -> None:
    """Set the options by which the operating system ends a connection whose other side vanished without a word.

    Not every system has all options. TCP_USER_TIMEOUT is in milliseconds (RFC 5482).
    """
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (*KEEP_ALIVE_PROBES, ("TCP_USER_TIMEOUT", int(seconds * 1000))):
        option = getattr(socket, name, None)
        if option is not None:
            accepted.setsockopt(socket.IPPROTO_TCP, option, value)


class ResponseTransport(asyncio.Transport):
    """The connection as the response writes to it: its end waits for the client."""

    def __init__(self, connection: HttpConnection) -> None:
        super().__init__()
        self._connection = connection
        self._transport = connection.transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a part of the response."""
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether the connection ends."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection so that the client can read the response."""
        self._connection.close_after_response()
