"""Passages of files whose comments begin with a number sign: Makefile, shell, YAML, TOML, Dockerfile."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.prose.passages import Kind, Passage

COMMENT = re.compile(r"(?:^|\s)#+ (?P<text>[^\n]+)$")


def passages(path: Path) -> Iterator[Passage]:
    """Yield the comments of a file. Lines that contain nothing else and follow one another are one passage."""
    lines: list[str] = []
    begin = 0
    for number, line in enumerate([*path.read_text().splitlines(), ""], start=1):
        alone = line.lstrip().startswith("#")
        if lines and not alone:
            yield Passage(path=path, line=begin, kind=Kind.COMMENT, text="\n".join(lines))
            lines = []
        if found := COMMENT.search(line):
            if alone:
                begin = begin if lines else number
                lines.append(found["text"])
            else:
                yield Passage(path=path, line=number, kind=Kind.COMMENT, text=found["text"])
