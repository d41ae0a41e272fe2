"""A streamed file that can be read again from its start, if it is not too large."""

from collections.abc import AsyncIterator

from shared.problems import Conflict
from shared.web import MAX_LIST_BYTES


class ReplayableStream:
    """The pieces of a file, and those already read."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._remembered: list[bytes] | None = []
        self._size = 0

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the file from its start. Raise Conflict (409) if it was too large to be kept."""
        if self._remembered is None:
            raise Conflict(
                "changed-meanwhile",
                "Another request changed the list while the hub loaded this file. Send the file again.",
            )
        for piece in list(self._remembered):
            yield piece
        async for piece in self._pieces:
            self._remember(piece)
            yield piece

    def _remember(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_LIST_BYTES:
            self._remembered = None
        elif self._remembered is not None:
            self._remembered.append(piece)
