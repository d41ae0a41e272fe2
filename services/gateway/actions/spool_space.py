"""The room on disk for results that clients have not read yet, over all requests of this process."""

import asyncio

from shared.limits import Limit, LimitSubject

MAX_IN_FILES = Limit(
    134_217_728,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="Unread results of all bulks of a process in files",
    beyond="The hub reads no more lines of the bulks that have a file.",
)


class SpoolSpace:
    """The bytes that the files of this process have."""

    def __init__(self) -> None:
        self.used = 0
        self._freed = asyncio.Event()

    def take(self, size: int) -> None:
        """Record bytes that are written to a file."""
        self.used += size

    def free(self, size: int) -> None:
        """Record bytes that are no longer in a file. Wake the streams that wait for room."""
        self.used -= size
        self._freed.set()
        self._freed = asyncio.Event()

    async def wait_for_change(self) -> None:
        """Wait until a stream has freed bytes."""
        await self._freed.wait()
