"""Rows of a CSV file that arrives in pieces, however badly it was written: one row at a time, none lost in another.

A quote that is never closed would swallow the rest of the file: a row may go on over some lines, and where that does
not end well its line is read by itself, quotes and all. What is read otherwise than it stands is noted.
"""

import csv
from collections import deque
from dataclasses import dataclass

from services.permits.domain.reference.load_report import Refused, Repairs

MOST_LINES = 20
"""The most lines one row may go on over: annotations hold line breaks."""
LONGEST_LINE = 1_000_000
LONGEST_ROW = 100_000
"""The most characters of a row that goes on over lines."""
BOM = "\ufeff"
csv.field_size_limit(LONGEST_LINE + 1)  # a longer value than csv takes by itself is no stray quote


@dataclass(frozen=True)
class Raw:
    """One row as it was written: the line it begins in, its values, and what was repaired to read them."""

    line: int
    values: list[str]
    repairs: Repairs


class Table:
    """Reads a file piece by piece; `header` is known once its first line is."""

    def __init__(self) -> None:
        self.header: list[str] | None = None
        self.written: dict[str, str] = {}
        """The columns as the file writes them, by their names here."""
        self.bare = True
        """Whether there is nothing but one line of columns, so that who wrote it meant that there is nothing."""
        self._end: bytes | None = None
        self._rest = b""
        self._lines: deque[tuple[int, str, bool]] = deque()
        self._number = 0

    def feed(self, piece: bytes, *, last: bool = False) -> list[Raw]:
        """Take a piece of the file, and answer the rows that are whole now; `last` says that nothing follows.

        Raises Refused where a line has no end.
        """
        so_far = self._rest + piece
        self._end = self._end or _line_end(so_far, last=last)
        *whole, self._rest = so_far.split(self._end) if self._end else [so_far]
        if last:
            whole.append(self._rest)
            self._rest = b""
        if len(self._rest) > LONGEST_LINE:
            raise Refused("line-too-long", f"Line {self._number + 1} has more than {LONGEST_LINE} bytes.")
        for raw in whole:
            self._number += 1
            self._lines.append((self._number, *_decoded(raw)))
        return self._rows(last=last)

    def _rows(self, *, last: bool) -> list[Raw]:
        rows = []
        while self._lines:
            text = self._lines[0][1]
            if not text.strip(BOM + " ,;\t"):
                self.bare = self.bare and not text.strip()
                self._lines.popleft()
            elif self.header is None:
                self.bare = self.bare and len(text.splitlines()) == 1
                columns = _loose(self._lines.popleft()[1].lstrip(BOM))
                self.header = [named(column) for column in columns]
                self.written = {named(column): column.strip(" \"'") for column in reversed(columns)}
            elif last or len(self._lines) > MOST_LINES or _parsed(self._lines[0][1]) is not None:
                rows.append(self._row(len(self.header)))
            else:
                break
        return rows

    def _row(self, width: int) -> Raw:
        """Take one row off the waiting lines."""
        line, text, odd = self._lines.popleft()
        repairs = Repairs(line)
        if odd:
            repairs.note("encoding", "The line is not in UTF-8; it was read as Windows-1252.")
        values = _parsed(text)
        if values is not None:
            return Raw(line, values, repairs)
        joined = text
        for count in range(1, min(MOST_LINES, len(self._lines)) + 1):
            joined += "\n" + self._lines[count - 1][1]
            if len(joined) > LONGEST_ROW:
                break
            values = _parsed(joined)
            if values is not None and len(values) == width:
                for _ in range(count):
                    self._lines.popleft()
                return Raw(line, values, repairs)
        repairs.note("stray-quote", "A quote is not closed; the line was read without its quotes.")
        return Raw(line, [value.strip().strip('"') for value in _loose(text)], repairs)


def _line_end(text: bytes, *, last: bool) -> bytes | None:
    """Answer what ends a line of a file that begins so: a line feed, or a carriage return that none follows.

    None where that cannot be told yet.
    """
    returned, fed = text.find(b"\r"), text.find(b"\n")
    if returned < 0 or 0 <= fed < returned:
        return b"\n" if fed >= 0 or last else None
    after = text[returned:].lstrip(b"\r")[:1]
    if not after and not last:
        return None
    return b"\r" if after not in {b"", b"\n"} else b"\n"


def named(value: str) -> str:
    """Answer what a column is called here: small, with no blanks."""
    return value.strip(" \"'").casefold().replace(" ", "_")


def _decoded(raw: bytes) -> tuple[str, bool]:
    """Answer a line's text, and whether it was in another encoding than it should be."""
    text = raw.rstrip(b"\r").replace(b"\x00", b"")
    try:
        return text.decode(), False
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace"), True


def _parsed(text: str) -> list[str] | None:
    """Read a line as CSV; None where a quote is open at its end, or closed in the middle of a value."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _loose(text: str) -> list[str]:
    """Read a line at its commas, blind for quotes where they do not fit."""
    try:
        return next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error:
        return text.split(",")
