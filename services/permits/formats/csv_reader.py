"""Read the rows of a CSV file that arrives in pieces and may have faults.

A quote that is never closed would take in the rest of the file. So a row may have only some lines. If its quote is not
closed within these, the reader parses the first line alone, without its quotes. Each repair is noted.
"""

import csv
from collections import deque
from dataclasses import dataclass

from services.permits.domain.reference.load_report import RowRejected, RowRepairs
from shared.limits import Limit, LimitSubject

MAX_LINES_PER_ROW = Limit(
    20,
    "lines",
    subject=LimitSubject.REFERENCE,
    meaning="Lines of one row",
    beyond="The row is refused.",
)
"""Lines of a row, at most, after its first one: annotations contain line breaks."""
MAX_LINE_BYTES = Limit(
    1_000_000,
    "bytes",
    subject=LimitSubject.REFERENCE,
    meaning="A line of a list",
    beyond="The list is refused.",
)
MAX_ROW_LENGTH = Limit(
    100_000,
    "characters",
    subject=LimitSubject.REFERENCE,
    meaning="A row of a list",
    beyond="The row is refused.",
)
"""Characters of a row of several lines, at most."""
BOM = "\ufeff"
SEPARATORS = (",", ";", "\t")
"""The first of them wins if a line of columns has equally many, such as none."""
csv.field_size_limit(MAX_LINE_BYTES + 1)  # by default, csv takes a long value for a fault


@dataclass(frozen=True)
class RawRow:
    """One row of a file: the number of its first line, its values, and the repairs made to read them."""

    line: int
    values: list[str]
    repairs: RowRepairs


class CsvReader:
    """The state of a file that is read piece by piece. `header` is None until its first line is read."""

    def __init__(self) -> None:
        self.header: list[str] | None = None
        self.original_columns: dict[str, str] = {}
        """The columns as the file spells them, by their normalized names."""
        self.header_only = True
        """Whether the file so far is only one line of columns, which means an empty list."""
        self._line_ending: bytes | None = None
        self._separator = ","
        self._rest = b""
        self._lines: deque[tuple[int, str, bool]] = deque()
        self._number = 0

    def feed(self, piece: bytes, *, last: bool = False) -> list[RawRow]:
        """Add a piece of the file. Return the rows that are complete now; `last` means that no piece follows.

        Raise RowRejected for a line of more than MAX_LINE_BYTES.
        """
        so_far = self._rest + piece
        self._line_ending = self._line_ending or _detect_line_ending(so_far, last=last)
        *complete_lines, self._rest = so_far.split(self._line_ending) if self._line_ending else [so_far]
        if last:
            complete_lines.append(self._rest)
            self._rest = b""
        if len(self._rest) > MAX_LINE_BYTES:
            raise RowRejected(
                "line-too-long",
                f"Line {self._number + 1} has more than {MAX_LINE_BYTES} bytes. Check the line "
                "breaks and quotes of the file.",
            )
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
                first = self._lines.popleft()[1].lstrip(BOM)
                self._separator = _detect_separator(first)
                columns = _split_leniently(first, self._separator)
                self.header = _unique_names([column_name(column) for column in columns])
                self.original_columns = {column_name(column): column.strip(" \"'") for column in reversed(columns)}
            elif last or len(self._lines) > MAX_LINES_PER_ROW or self._is_complete(self._lines[0][1]):
                rows.append(self._take_row(len(self.header)))
            else:
                break
        return rows

    def _is_complete(self, text: str) -> bool:
        return _parse_line(text, self._separator) is not None

    def _take_row(self, width: int) -> RawRow:
        """Return the next row, and remove its lines from the waiting ones."""
        line, text, other_encoding = self._lines.popleft()
        repairs = RowRepairs(line)
        if other_encoding:
            repairs.add("encoding", "The line is not UTF-8. The hub read it as Windows-1252.")
        values = _parse_line(text, self._separator)
        if values is not None:
            return RawRow(line, values, repairs)
        joined = text
        for count in range(1, min(MAX_LINES_PER_ROW, len(self._lines)) + 1):
            joined += "\n" + self._lines[count - 1][1]
            if len(joined) > MAX_ROW_LENGTH:
                break
            values = _parse_line(joined, self._separator)
            if values is not None and len(values) == width:
                for _ in range(count):
                    self._lines.popleft()
                return RawRow(line, values, repairs)
        repairs.add("stray-quote", "A quote is not closed. The hub read the line without its quotes.")
        return RawRow(line, [value.strip().strip('"') for value in _split_leniently(text, self._separator)], repairs)


def _detect_line_ending(text: bytes, *, last: bool) -> bytes | None:
    """Return the line ending of a file that starts with `text`: LF, or CR if the first CR is not part of CR LF.

    Return None if the text is too short to decide.
    """
    returned, fed = text.find(b"\r"), text.find(b"\n")
    if returned < 0 or 0 <= fed < returned:
        return b"\n" if fed >= 0 or last else None
    after = text[returned:].lstrip(b"\r")[:1]
    if not after and not last:
        return None
    return b"\r" if after not in {b"", b"\n"} else b"\n"


def column_name(value: str) -> str:
    """Return the normalized name of a column: lower case, with underscores for blanks."""
    return value.strip(" \"'").casefold().replace(" ", "_")


def _unique_names(columns: list[str]) -> list[str]:
    """Return column names with a number after each repeated name, so that the first column of a name has its values."""
    return [f"{name}_{n}" if (n := columns[:place].count(name)) else name for place, name in enumerate(columns)]


def _decode_line(raw: bytes) -> tuple[str, bool]:
    """Return a line's text, and whether it is not UTF-8 and was read as Windows-1252."""
    text = raw.rstrip(b"\r").replace(b"\x00", b"")
    try:
        return text.decode(), False
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace"), True


def _detect_separator(columns: str) -> str:
    """Return the separator of a file by its line of columns. Spreadsheets of many languages write semicolons."""
    return max(SEPARATORS, key=columns.count)


def _parse_line(text: str, separator: str) -> list[str] | None:
    """Return the values of a line of CSV, or None if a quote is open at its end or closed inside a value."""
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _split_leniently(text: str, separator: str) -> list[str]:
    """Return the values of a line. If its quotes are not valid, split it at each separator."""
    try:
        return next(csv.reader([text], delimiter=separator, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return text.split(separator)
