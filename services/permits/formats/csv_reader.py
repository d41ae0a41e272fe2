"""Rows of a CSV file that arrives in pieces, however badly it was written: one row at a time, none lost in another.

A quote that is never closed would swallow the rest of the file: a row may go on over some lines, and where that does
not end well its line is read by itself, quotes and all. What is read otherwise than it stands is noted.
"""

import csv
from collections import deque
from dataclasses import dataclass

from services.permits.domain.reference.load_report import RowRejected, RowRepairs

MAX_LINES_PER_ROW = 20
"""The most lines one row may go on over: annotations hold line breaks."""
MAX_LINE_BYTES = 1_000_000
MAX_ROW_LENGTH = 100_000
"""The most characters of a row that goes on over lines."""
BOM = "\ufeff"
csv.field_size_limit(MAX_LINE_BYTES + 1)  # a longer value than csv takes by itself is no stray quote


@dataclass(frozen=True)
class RawRow:
    """One row as it was written: the line it begins in, its values, and what was repaired to read them."""

    line: int
    values: list[str]
    repairs: RowRepairs


class CsvReader:
    """Reads a file piece by piece; `header` is known once its first line is."""

    def __init__(self) -> None:
        self.header: list[str] | None = None
        self.original_columns: dict[str, str] = {}
        """The columns as the file writes them, by their names here."""
        self.header_only = True
        """Whether there is nothing but one line of columns, so that who wrote it meant that there is nothing."""
        self._line_ending: bytes | None = None
        self._rest = b""
        self._lines: deque[tuple[int, str, bool]] = deque()
        self._number = 0

    def feed(self, piece: bytes, *, last: bool = False) -> list[RawRow]:
        """Take a piece of the file, and answer the rows that are whole now; `last` says that nothing follows.

        Raises RowRejected where a line has no end.
        """
        so_far = self._rest + piece
        self._line_ending = self._line_ending or _detect_line_ending(so_far, last=last)
        *complete_lines, self._rest = so_far.split(self._line_ending) if self._line_ending else [so_far]
        if last:
            complete_lines.append(self._rest)
            self._rest = b""
        if len(self._rest) > MAX_LINE_BYTES:
            raise RowRejected("line-too-long", f"Line {self._number + 1} has more than {MAX_LINE_BYTES} bytes.")
        for raw in complete_lines:
            self._number += 1
            self._lines.append((self._number, *_decode_line(raw)))
        return self._complete_rows(last=last)

    def _complete_rows(self, *, last: bool) -> list[RawRow]:
        rows = []
        while self._lines:
            text = self._lines[0][1]
            if not text.strip(BOM + " ,;\t"):
                self.header_only = self.header_only and not text.strip()
                self._lines.popleft()
            elif self.header is None:
                self.header_only = self.header_only and len(text.splitlines()) == 1
                columns = _split_leniently(self._lines.popleft()[1].lstrip(BOM))
                self.header = [column_name(column) for column in columns]
                self.original_columns = {column_name(column): column.strip(" \"'") for column in reversed(columns)}
            elif last or len(self._lines) > MAX_LINES_PER_ROW or _parse_line(self._lines[0][1]) is not None:
                rows.append(self._take_row(len(self.header)))
            else:
                break
        return rows

    def _take_row(self, width: int) -> RawRow:
        """Take one row off the waiting lines."""
        line, text, other_encoding = self._lines.popleft()
        repairs = RowRepairs(line)
        if other_encoding:
            repairs.add("encoding", "The line is not in UTF-8; it was read as Windows-1252.")
        values = _parse_line(text)
        if values is not None:
            return RawRow(line, values, repairs)
        joined = text
        for count in range(1, min(MAX_LINES_PER_ROW, len(self._lines)) + 1):
            joined += "\n" + self._lines[count - 1][1]
            if len(joined) > MAX_ROW_LENGTH:
                break
            values = _parse_line(joined)
            if values is not None and len(values) == width:
                for _ in range(count):
                    self._lines.popleft()
                return RawRow(line, values, repairs)
        repairs.add("stray-quote", "A quote is not closed; the line was read without its quotes.")
        return RawRow(line, [value.strip().strip('"') for value in _split_leniently(text)], repairs)


def _detect_line_ending(text: bytes, *, last: bool) -> bytes | None:
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


def column_name(value: str) -> str:
    """Answer what a column is called here: small, with no blanks."""
    return value.strip(" \"'").casefold().replace(" ", "_")


def _decode_line(raw: bytes) -> tuple[str, bool]:
    """Answer a line's text, and whether it was in another encoding than it should be."""
    text = raw.rstrip(b"\r").replace(b"\x00", b"")
    try:
        return text.decode(), False
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace"), True


def _parse_line(text: str) -> list[str] | None:
    """Read a line as CSV; None where a quote is open at its end, or closed in the middle of a value."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _split_leniently(text: str) -> list[str]:
    """Read a line at its commas, blind for quotes where they do not fit."""
    try:
        return next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error:
        return text.split(",")
