"""Edits of a source file by position, so that everything that is not renamed stays as it was, to the byte."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange

T = TypeVar("T")
Place = tuple[int, int]


class Source:
    """The text of one file, and the edits collected for it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.starts = [0, *accumulate(map(len, self.lines))]
        self.edits: dict[tuple[int, int], str] = {}

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place; lines count from 1, columns from 0 in characters."""
        return self.starts[line - 1] + column

    def span(self, place: CodeRange) -> tuple[int, int]:
        """Return the offsets of a node."""
        return (
            self.offset(place.start.line, place.start.column),
            self.offset(place.end.line, place.end.column),
        )

    def matched(self, places: Iterable[Place], mentions: Iterable[tuple[int, int, T]]) -> dict[Place, T]:
        """Return what mypy knows of each place (line, column in characters) of one name.

        In a line of ASCII the columns agree. In others mypy's are shifted, so that there the order decides, where both
        sides name the same number of places.
        """
        here: dict[int, set[int]] = {}
        there: dict[int, list[tuple[int, T]]] = {}
        for line, column in places:
            here.setdefault(line, set()).add(column)
        for line, column, found in mentions:
            there.setdefault(line, []).append((column, found))
        result: dict[Place, T] = {}
        for line, columns in here.items():
            known = sorted(there.get(line, ()), key=lambda one: one[0])
            if self.lines[line - 1].isascii():
                exact = dict(known)
                result.update({(line, column): exact[column] for column in columns if column in exact})
            elif len(known) == len(columns):
                result.update({(line, c): found for c, (_, found) in zip(sorted(columns), known, strict=True)})
        return result

    def rename(self, place: CodeRange, old: str, new: str) -> None:
        """Collect the replacement of one name."""
        start, end = self.span(place)
        if self.text[start:end] == old:
            self.replace(start, end, new)

    def replace(self, start: int, end: int, new: str) -> None:
        """Collect one replacement. Raise ValueError if another one was collected for the same place."""
        known = self.edits.setdefault((start, end), new)
        if known != new:
            line = bisect_right(self.starts, start)
            raise ValueError(f"{self.path}:{line}: {self.text[start:end]} becomes both {known} and {new}")

    def insert(self, at: int, new: str) -> None:
        """Collect a text to be put before a place."""
        self.edits[at, at] = self.edits.get((at, at), "") + new

    def cut(self, start: int, end: int) -> str:
        """Return a part of the text with the edits made in it, and take that part out."""
        inner = {place: new for place, new in self.edits.items() if start <= place[0] and place[1] <= end}
        self.edits = {place: new for place, new in self.edits.items() if place not in inner}
        self.edits[start, end] = ""
        return self._edited(inner, start, end)

    def result(self) -> str:
        """Return the text with every edit made."""
        return self._edited(self.edits, 0, len(self.text))

    def _edited(self, edits: dict[tuple[int, int], str], at: int, end: int) -> str:
        parts = []
        for (first, last), new in sorted(edits.items()):
            if first < at:
                raise ValueError(f"{self.path}: edits overlap at {self.text[first:last]!r}")
            parts += [self.text[at:first], new]
            at = last
        return "".join([*parts, self.text[at:end]])


def parse(text: str) -> cst.metadata.MetadataWrapper:
    """Return the tree of a source, ready to be asked for positions, scopes and parents."""
    return cst.metadata.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)


def nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Return a node and everything below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(one.children)
