"""A file as it streams in, that can be read once more from its beginning while it is not large."""

from collections.abc import AsyncIterator

from shared.problems import Conflict

MAX_REMEMBERED_BYTES = 16 * 1_048_576
"""Bytes that are kept to be read again; lists that others write beside are much smaller."""


class ReplayableStream:
    """Passes the pieces of a file on, and remembers them."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._remembered: list[bytes] | None = []
        self._size = 0

    async def read(self) -> AsyncIterator[bytes]:
        """Answer the file from its beginning; refuses what was too large to be remembered (409)."""
        if self._remembered is None:
            raise Conflict("changed-meanwhile", "The list changed while this file was loaded. Send the file again.")
        for piece in list(self._remembered):
            yield piece
        async for piece in self._pieces:
            self._remember(piece)
            yield piece

    def _remember(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_REMEMBERED_BYTES:
            self._remembered = None
        elif self._remembered is not None:
            self._remembered.append(piece)
