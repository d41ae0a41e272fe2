"""NDJSON as it arrives: lines split from chunks, in batches, within a limit of memory."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from shared.problems import ProblemError
from shared.web import BODY_TIMEOUT_SECONDS, MAX_BODY_BYTES

CHUNKS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the input. If it is larger than a body may be, `body` is empty and `overlong` is true."""

    number: int
    body: bytes
    overlong: bool = False


class LineSplitter:
    """Splits chunks into lines. It stores nothing of a line that is too long."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._size = 0
        self._number = 0
        self._overlong = False

    def feed(self, chunk: bytes) -> list[Line]:
        """Return the lines that end in this chunk."""
        *whole, rest = chunk.split(b"\n")
        lines = [self._complete_line(piece) for piece in whole]
        self._append(rest)
        return lines

    def finish(self) -> list[Line]:
        """Return the last line, if it has no line feed."""
        return [self._complete_line(b"")] if self._size or self._overlong else []

    def _append(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._overlong or self._size > MAX_BODY_BYTES:
            self._rest.clear()
            self._overlong = True
        elif piece:
            self._rest.append(piece)

    def _complete_line(self, piece: bytes) -> Line:
        self._append(piece)
        self._number += 1
        line = Line(self._number, b"".join(self._rest).removesuffix(b"\r"), self._overlong)
        self._rest, self._size, self._overlong = [], 0, False
        return line


async def read_batches(receive: Receive, *, max_lines: int) -> AsyncIterator[list[Line]]:
    """Yield lines as they arrive, at most `max_lines` together. The input ends after 15 s without data.

    Raise ClientDisconnect if the client disconnected, ProblemError if it sent nothing for too long.
    """
    chunks: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(CHUNKS_AHEAD)
    reader = asyncio.create_task(_read_chunks(receive, chunks))
    lines, splitter, ended = deque[Line](), LineSplitter(), False
    try:
        while not ended or lines:
            while not ended and len(lines) < max_lines and (not lines or not chunks.empty()):
                chunk = await chunks.get()
                if isinstance(chunk, Exception):
                    raise chunk
                ended = chunk is None
                lines.extend(splitter.finish() if chunk is None else splitter.feed(chunk))
            if lines:
                yield [lines.popleft() for _ in range(min(max_lines, len(lines)))]
    finally:
        reader.cancel()


async def _read_chunks(receive: Receive, chunks: "asyncio.Queue[bytes | Exception | None]") -> None:
    while True:
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                message = await receive()
        except TimeoutError:
            await chunks.put(
                ProblemError(
                    "body-too-slow",
                    f"No line arrived for {BODY_TIMEOUT_SECONDS:.0f} s. Send the rest of the "
                    "lines again with the same keys.",
                )
            )
            return
        if message["type"] != "http.request":
            await chunks.put(ClientDisconnect())
            return
        if message.get("body"):
            await chunks.put(message["body"])
        if not message.get("more_body"):
            await chunks.put(None)
            return
