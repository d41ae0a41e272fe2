"""Last part of each step: wrap the texts and comments that longer names pushed over the line length."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

WIDTH = 118


def wrap(root: Path) -> None:
    """Wrap every paragraph of a docstring or comment in which the linter finds a line that is too long."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "E501", "--output-format", "json", "--exit-zero", "."]
    found = json.loads(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)  # noqa: S603
    by_file: dict[str, list[int]] = {}
    for one in found:
        by_file.setdefault(one["filename"], []).append(one["location"]["row"])
    for name, numbers in by_file.items():
        path = Path(name)
        lines = path.read_text(encoding="utf-8").split("\n")
        for number in sorted(numbers, reverse=True):
            wrap_paragraph(lines, number - 1)
        path.write_text("\n".join(lines), encoding="utf-8")


def wrap_paragraph(lines: list[str], at: int) -> None:
    """Wrap the paragraph around a line, in place, if it is prose."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    mark = indent + ("# " if lines[at].lstrip().startswith("# ") else "")

    def prose(index: int) -> bool:
        line = lines[index]
        return line.startswith(mark) and line.strip() not in {"", '"""', "#"} and line[len(mark) : len(mark) + 1] != " "

    if not is_text(lines, at, mark):
        return
    first = at
    while first > 0 and prose(first - 1) and not ends(lines[first - 1]) and not opens(lines[first]):
        first -= 1
    last = at
    while last + 1 < len(lines) and not ends(lines[last]) and prose(last + 1) and not opens(lines[last + 1]):
        last += 1
    text = " ".join(line[len(mark) :].strip() for line in lines[first : last + 1])
    lines[first : last + 1] = textwrap.wrap(
        text, WIDTH, initial_indent=mark, subsequent_indent=mark, break_long_words=False, break_on_hyphens=False
    )


def opens(line: str) -> bool:
    """Return whether a line begins a text in triple quotes, or an item of a list."""
    return line.lstrip().startswith(('"""', "- ", "* ", "|"))


def ends(line: str) -> bool:
    """Return whether a line ends a text in triple quotes."""
    return line.rstrip().endswith('"""') and line.strip() != '"""'


def is_text(lines: list[str], at: int, mark: str) -> bool:
    """Return whether a line is a comment of its own or lies in a text in triple quotes that is no value."""
    if mark.endswith("# "):
        return True
    inside = False
    for index, line in enumerate(lines[: at + 1]):
        count = line.count('"""')
        if index == at:
            return inside or line.lstrip().startswith('"""')
        if count % 2:
            inside = line.lstrip().startswith('"""') or inside if not inside else False
    return False
