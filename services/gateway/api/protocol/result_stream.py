"""Results in order, as fast as the client reads. Unread results wait in memory, then in a file, both with a limit.

Many clients send everything before they read anything. They must neither stop at once nor fill the memory or the disk
of the hub. Beyond the limits the hub reads no more lines, until the client has read the results that it has.
"""

import asyncio
import tempfile
from collections import deque
from typing import IO

from starlette.types import Send

from services.gateway.actions.spool_space import MAX_IN_FILES, SpoolSpace
from shared.limits import Limit, LimitSubject

MAX_IN_MEMORY = Limit(
    1_048_576,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="Unread results of a bulk in memory",
    beyond="The next results wait in a file.",
)
MAX_IN_FILE = Limit(
    16_777_216,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="Unread results of a bulk in a file",
    beyond="The hub reads no more lines until the client has read these results.",
)
READ_SIZE = 262_144


class ResultStream:
    """The results of one request that the client has not read yet."""

    def __init__(self, send: Send, space: SpoolSpace) -> None:
        self._send = send
        self._space = space
        self._memory: deque[bytes] = deque()
        self._size = 0
        self._file: IO[bytes] | None = None
        self._read_to = 0
        self._written_to = 0
        self._wakeup = asyncio.Event()
        self._finished = False
        self._closed = False

    def write(self, lines: bytes) -> None:
        """Append results to those that wait. Drop them if nobody reads them any more."""
        if self._closed:
            return
        if self._written_to or self._size > MAX_IN_MEMORY:
            self._spill(lines)
        else:
            self._memory.append(lines)
            self._size += len(lines)
        self._wakeup.set()

    def finish(self) -> None:
        """Mark the end of the results."""
        self._finished = True
        self._wakeup.set()

    async def wait_for_room(self) -> None:
        """Wait until the unread results are within the limits. The results of a batch may exceed them a little."""
        while self._written_to and (self._written_to > MAX_IN_FILE or self._space.used > MAX_IN_FILES):
            await self._space.wait_for_change()

    async def run(self) -> None:
        """Send results until all are sent after the end."""
        try:
            while True:
                self._wakeup.clear()
                while found := self._next_chunk():
                    await self._send({"type": "http.response.body", "body": found, "more_body": True})
                if self._finished:
                    await self._send({"type": "http.response.body", "body": b""})
                    return
                await self._wakeup.wait()
        finally:
            self._closed = True
            if self._file is not None:
                self._empty_file()  # first, because to close a file on a full disk may fail
                self._file.close()

    def _spill(self, lines: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when all results are sent
        self._file.seek(self._written_to)
        self._file.write(lines)
        self._written_to += len(lines)
        self._space.take(len(lines))

    def _next_chunk(self) -> bytes:
        if self._memory:
            found = b"".join(self._memory)
            self._memory.clear()
            self._size = 0
            return found
        if self._file is None or not self._written_to:
            return b""
        self._file.seek(self._read_to)
        found = self._file.read(min(READ_SIZE, self._written_to - self._read_to))
        self._read_to += len(found)
        if self._read_to == self._written_to:
            self._file.truncate(0)
            self._empty_file()
        return found

    def _empty_file(self) -> None:
        """Forget the content of the file, because all of it was read or nobody reads it."""
        self._read_to, freed, self._written_to = 0, self._written_to, 0
        self._space.free(freed)
